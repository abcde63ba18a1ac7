import { describe, expect, it } from "vitest";
import { elementCount } from "../weights/dtype.ts";
import { dinov2StateDict, scalingNotes } from "../weights/names.ts";
import { loraConfig, mergedConfig } from "./config.ts";
import { parametersOf } from "./lorat.ts";
import type { Parameter } from "./parameters.ts";
import { variantNamed } from "./variants.ts";

const count = (parameters: readonly Parameter[], pick: (parameter: Parameter) => boolean = () => true) =>
  parameters.filter(pick).reduce((sum, { shape }) => sum + elementCount(shape), 0);

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
  const training = parametersOf(loraConfig(variant));
  const merged = parametersOf(mergedConfig(variant));
  const backbone = merged.filter(({ role }) => role.part === "backbone");

  it("has the published number of parameters in every part", () => {
    const trained = (part: string) => count(training, ({ role }) => role.trains && role.part === part);
    expect(count(training)).toBe(train);
    expect(count(merged)).toBe(inference);
    expect(count(backbone)).toBe(frozen);
    expect(trained("adapter")).toBe(lora);
    expect(trained("head")).toBe(head);
    expect(trained("types")).toBe(types);
    expect(trained("backbone")).toBe(0);
    expect(count(training, ({ role }) => !role.trains)).toBe(frozen);
  });

  it("has DINOv2's own tensors beside the frozen ones", () => {
    const source = dinov2StateDict(variant, 37);
    expect(source.get("pos_embed")).toEqual([1, 1370, variant.dim]);
    const own = new Set(backbone.map((parameter) => parameter.name));
    expect([...source.keys()].filter((tensor) => !own.has(tensor))).toEqual(["cls_token", "mask_token"]);
  });

  it("fills every merged tensor exactly with the rows of what is merged into it", () => {
    const rows = new Map<string, number>();
    for (const { shape, role } of training) {
      if (role.merged) rows.set(role.merged.name, (rows.get(role.merged.name) ?? 0) + shape[0]!);
    }
    expect(rows).toEqual(new Map(merged.map((parameter) => [parameter.name, parameter.shape[0]!])));
  });
});

it("leaves layers without an adapter under their plain names", () => {
  const targets = { q: true, k: false, v: true, proj: false, mlp: true };
  const parameters = parametersOf(loraConfig(variantNamed("nano"), { rank: 4, targets }));
  const names = parameters.map(({ name }) => name);
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
  expect([...scalingNotes(parameters).keys()].slice(0, 4)).toEqual([
    "lora_alpha",
    "use_rslora",
    "blocks.0.attn.qkv.q.lora.alpha",
    "blocks.0.attn.qkv.v.lora.alpha",
  ]);
});
