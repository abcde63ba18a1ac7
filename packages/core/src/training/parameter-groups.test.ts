import { describe, expect, it } from "vitest";
import { mergedConfig } from "../model/config.ts";
import { parametersOf } from "../model/lorat.ts";
import { tinyVariant } from "../testing/training-batch.ts";
import { parameterGroups } from "./parameter-groups.ts";

const names = [
  "pos_embed",
  "blocks.0.mlp.fc1.weight",
  "blocks.0.norm1.weight",
  "blocks.10.mlp.fc1.weight",
  "patch_embed.proj.weight",
  "patch_embed.proj.bias",
  "head.cls_mlp.layers.2.weight",
  "head.reg_mlp.layers.2.weight",
];
const parameters = new Map(
  parametersOf(mergedConfig({ ...tinyVariant, depth: 11 })).map((parameter) => [parameter.name, parameter]),
);
const tensors = names.map((name) => parameters.get(name)!);

describe("parameterGroups", () => {
  it("decays matrices, not vectors, not (1, D) weights, not embeddings", () => {
    expect(parameterGroups(tensors, { baseLr: 2, weightDecay: 0.5 })).toEqual([
      {
        weightDecay: 0.5,
        baseLr: 2,
        names: ["blocks.0.mlp.fc1.weight", "blocks.10.mlp.fc1.weight", "head.reg_mlp.layers.2.weight"],
      },
      { weightDecay: 0, baseLr: 2, names: ["blocks.0.norm1.weight", "head.cls_mlp.layers.2.weight"] },
      { weightDecay: 0, baseLr: 2, names: ["pos_embed", "patch_embed.proj.weight", "patch_embed.proj.bias"] },
    ]);
  });

  it("with layer decay puts every tensor into exactly one group, deeper ones slower", () => {
    const groups = parameterGroups(tensors, { baseLr: 1, layerDecay: { rate: 0.5, depth: 11 } });
    expect(groups.flatMap(({ names }) => names).sort()).toEqual(tensors.map(({ name }) => name).sort());
    const lrOf = (name: string) => groups.find(({ names }) => names.includes(name))?.baseLr;
    expect(lrOf("blocks.10.mlp.fc1.weight")).toBe(0.5);
    expect(lrOf("blocks.0.norm1.weight")).toBe(0.5 ** 11);
    expect(lrOf("patch_embed.proj.bias")).toBe(0.5 ** 12);
    expect(lrOf("pos_embed")).toBe(1);
  });

  it("gives no group without tensors", () => {
    expect(parameterGroups([])).toEqual([]);
  });
});
