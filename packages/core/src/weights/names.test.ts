import { describe, expect, it } from "vitest";
import { allLinearLayers, loraConfig, mergedConfig } from "../model/config.ts";
import { parametersOf } from "../model/lorat.ts";
import { variantNamed, variants } from "../model/variants.ts";
import {
  dinov2StateDict,
  profileWeights,
  recogniseVariant,
  validateWeights,
  type WeightsKind,
} from "./names.ts";
import { type StateDict, stateDictOf } from "./validate.ts";

const adapters = { rank: 64, targets: allLinearLayers };
/** Files of others are of networks that embed patches. */
const all = [...variants.values()].filter(({ stem }) => stem !== "conv");
const sameBody = (name: string) => name.split("-")[0];

describe.each(all.map((variant) => [variant.name, variant] as const))("%s", (name, variant) => {
  const files: [WeightsKind, StateDict][] = [
    ["dinov2", dinov2StateDict(variant, 37)],
    [
      "lorat-trainable",
      stateDictOf(parametersOf(loraConfig(variant, adapters)).filter(({ role }) => role.trains)),
    ],
    ["lorat-full", stateDictOf(parametersOf(loraConfig(variant, adapters)))],
    ["lorat-merged", stateDictOf(parametersOf(mergedConfig(variant)))],
  ];

  it.each(files)("is recognised in a %s file", (kind, tensors) => {
    const profile = profileWeights(tensors, "file");
    const { dim, depth, ffn, hidden } = variant;
    expect(profile).toMatchObject({ kind, dim, depth, ffn, hidden });
    expect(profile.adapters).toEqual(
      kind.startsWith("lorat-t") || kind === "lorat-full" ? adapters : undefined,
    );
    const { variant: found, note } = recogniseVariant([profile]);
    expect(sameBody(found.name)).toBe(sameBody(name));
    const showsGrid = kind === "lorat-full" || kind === "lorat-merged" || name === "nano-patch";
    if (showsGrid) expect(found.name).toBe(name);
    else expect(note).toContain("-378");
    if (!showsGrid) expect(found.name).toMatch(/-224$/);
    expect(recogniseVariant([profile], variant)).toEqual({ variant, note: undefined, fitting: [variant] });
    validateWeights(tensors, profile, variant, "file");
  });
});

describe("profileWeights", () => {
  it("sees which layers have adapters, and their rank", () => {
    const targets = { q: true, k: false, v: true, proj: false, mlp: false };
    const profile = profileWeights(
      stateDictOf(
        parametersOf(loraConfig(variantNamed("B-224"), { rank: 4, targets })).filter(
          ({ role }) => role.trains,
        ),
      ),
      "file",
    );
    expect(profile.adapters).toEqual({ rank: 4, targets });
    expect(profile.hidden).toBeUndefined();
    expect(recogniseVariant([profile]).variant.name).toBe("B-224");
  });

  it("refuses registers and files of other things", () => {
    const registers = new Map([
      ...dinov2StateDict(variantNamed("S-224"), 37),
      ["register_tokens", [1, 4, 384]],
    ] as const);
    expect(() => profileWeights(registers, "f")).toThrow(
      expect.objectContaining({ code: "WEIGHTS_REGISTERS" }),
    );
    const other: StateDict = new Map([["conv1.weight", [64, 3, 7, 7]]]);
    expect(() => profileWeights(other, "f")).toThrow(
      expect.objectContaining({ code: "WEIGHTS_UNKNOWN", message: expect.stringContaining("conv1.weight") }),
    );
  });
});

describe("recogniseVariant", () => {
  const profileOf = (tensors: StateDict) => profileWeights(tensors, "file");

  it("refuses a variant that the shapes contradict, saying where", () => {
    const profile = profileOf(stateDictOf(parametersOf(mergedConfig(variantNamed("B-378")))));
    expect(() => recogniseVariant([profile], variantNamed("L-224"))).toThrow(
      expect.objectContaining({
        code: "WEIGHTS_VARIANT",
        message: expect.stringMatching(
          /width 768, L-224 has 1024.*depth 12, L-224 has 24.*search grid 27, L-224 has 16/,
        ),
      }),
    );
  });

  it("refuses files of different variants, and sizes of none", () => {
    const mixed = [
      dinov2StateDict(variantNamed("B-224"), 37),
      stateDictOf(
        parametersOf(loraConfig(variantNamed("L-224"), adapters)).filter(({ role }) => role.trains),
      ),
    ];
    expect(() => recogniseVariant(mixed.map(profileOf))).toThrow(
      expect.objectContaining({ code: "WEIGHTS_VARIANT" }),
    );
    const strange = { ...variantNamed("B-224"), dim: 48 };
    expect(() => recogniseVariant([profileOf(stateDictOf(parametersOf(mergedConfig(strange))))])).toThrow(
      expect.objectContaining({ code: "WEIGHTS_VARIANT", message: expect.stringContaining("width 48") }),
    );
    expect(
      recogniseVariant([profileOf(stateDictOf(parametersOf(mergedConfig(strange))))], strange).variant,
    ).toBe(strange);
  });
});

describe("validateWeights", () => {
  const variant = variantNamed("nano-patch");

  it("takes the scaling entries of a training file, and frozen weights beside trained ones", () => {
    const trainable = stateDictOf(
      parametersOf(loraConfig(variant, adapters)).filter(({ role }) => role.trains),
    );
    const more: StateDict = new Map([
      ...trainable,
      ["lora_alpha", []],
      ["use_rslora", []],
      ["blocks.0.attn.qkv.q.lora.alpha", []],
      ["blocks.0.attn.qkv.q.linear.bias", [variant.dim]],
    ]);
    validateWeights(more, profileWeights(more, "file"), variant, "file");
  });

  it("names what is missing or of another shape", () => {
    const tensors = new Map(dinov2StateDict(variant, 37));
    tensors.delete("norm.bias");
    tensors.set("pos_embed", [1, 1371, variant.dim]);
    expect(() => validateWeights(tensors, profileWeights(tensors, "d.pth"), variant, "d.pth")).toThrow(
      expect.objectContaining({
        code: "WEIGHTS_NAMES",
        issues: ["pos_embed should be [1, 1370, 192], is [1, 1371, 192]", "missing: norm.bias [192]"],
      }),
    );
  });
});
