import { describe, expect, it } from "vitest";
import { allLinearLayers } from "../model/config.ts";
import { variantNamed } from "../model/variants.ts";
import { elementCount } from "./dtype.ts";
import {
  backboneStateDict,
  dinov2StateDict,
  mergedStateDict,
  type StateDict,
  scalingStateDict,
  trainableStateDict,
  trainingStateDict,
} from "./state-dict.ts";

const adapters = { rank: 64, targets: allLinearLayers };
const count = (tensors: StateDict, pick: (name: string) => boolean = () => true) =>
  [...tensors].reduce((sum, [name, shape]) => sum + (pick(name) ? elementCount(shape) : 0), 0);

/** Specification section 1.6, the authors' published counts. */
const published: [
  name: string,
  train: number,
  frozen: number,
  lora: number,
  head: number,
  types: number,
  inference: number,
][] = [
  ["B-224", 98_708_741, 85_723_392, 10_616_832, 2_366_213, 2_304, 88_091_909],
  ["B-378", 99_072_005, 86_086_656, 10_616_832, 2_366_213, 2_304, 88_455_173],
  ["L-224", 335_744_005, 303_225_856, 28_311_552, 4_203_525, 3_072, 307_432_453],
  ["L-378", 336_228_357, 303_710_208, 28_311_552, 4_203_525, 3_072, 307_916_805],
  ["g-224", 1_215_001_093, 1_134_766_592, 70_778_880, 9_451_013, 4_608, 1_144_222_213],
  ["g-378", 1_215_727_621, 1_135_493_120, 70_778_880, 9_451_013, 4_608, 1_144_948_741],
  ["S-224", 27_530_885, 21_628_032, 5_308_416, 593_285, 1_152, 22_222_469],
  ["S-378", 27_712_517, 21_809_664, 5_308_416, 593_285, 1_152, 22_404_101],
];

describe.each(published)("%s", (name, train, frozen, lora, head, types, inference) => {
  const variant = variantNamed(name);
  const training = trainingStateDict(variant, variant.searchGrid, adapters);
  const trainable = trainableStateDict(variant, adapters);
  const merged = mergedStateDict(variant, variant.searchGrid);
  const backbone = backboneStateDict(variant, variant.searchGrid);

  it("has the published number of parameters in every part", () => {
    expect(count(training)).toBe(train);
    expect(count(merged)).toBe(inference);
    expect(count(backbone)).toBe(frozen);
    expect(count(trainable, (tensor) => tensor.includes(".lora."))).toBe(lora);
    expect(count(trainable, (tensor) => tensor.startsWith("head."))).toBe(head);
    expect(count(trainable, (tensor) => tensor === "token_type_embed")).toBe(types);
    expect(count(training, (tensor) => !trainable.has(tensor))).toBe(frozen);
  });

  it("has DINOv2's own tensors beside the frozen ones", () => {
    const source = dinov2StateDict(variant, 37);
    expect(source.get("pos_embed")).toEqual([1, 1370, variant.dim]);
    const added = [...source.keys()].filter((tensor) => !backbone.has(tensor));
    expect(added).toEqual(["cls_token", "mask_token"]);
  });
});

it("leaves layers without an adapter under their plain names", () => {
  const targets = { q: true, k: false, v: true, proj: false, mlp: true };
  const names = [...trainingStateDict(variantNamed("nano"), 12, { rank: 4, targets }).keys()];
  const first = names.filter(
    (name) => name.startsWith("blocks.0.") && /attn\..*weight|lora.A|fc1.*weight/.test(name),
  );
  expect(first.sort()).toEqual(
    [
      "blocks.0.attn.proj.weight",
      "blocks.0.attn.qkv.k.weight",
      "blocks.0.attn.qkv.q.linear.weight",
      "blocks.0.attn.qkv.q.lora.A",
      "blocks.0.attn.qkv.v.linear.weight",
      "blocks.0.attn.qkv.v.lora.A",
      "blocks.0.mlp.fc1.linear.weight",
      "blocks.0.mlp.fc1.lora.A",
      "blocks.0.mlp.fc2.lora.A",
    ].sort(),
  );
  expect([...scalingStateDict(variantNamed("nano"), { rank: 4, targets }).keys()].slice(0, 4)).toEqual([
    "lora_alpha",
    "use_rslora",
    "blocks.0.attn.qkv.q.lora.alpha",
    "blocks.0.attn.qkv.v.lora.alpha",
  ]);
});
