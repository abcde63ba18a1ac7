import { describe, expect, it } from "vitest";
import { type Variant, variantNamed } from "../model/variants.ts";
import { bytesSource } from "./byte-source.ts";
import { elementCount } from "./dtype.ts";
import { dinov2StateDict, profileWeights, validateWeights } from "./names.ts";
import { openTensorFile } from "./open.ts";
import { encodeSafetensors } from "./safetensors-writer.ts";
import { stateDictOf } from "./validate.ts";

const small = {
  name: "small",
  dim: 6,
  depth: 2,
  heads: 2,
  hidden: 10,
  patchSize: 2,
  searchGrid: 4,
  templateGrid: 2,
};
const kinds: readonly Variant[] = [
  { ...variantNamed("S-224"), ...small, ffn: "gelu" },
  { ...variantNamed("g-224"), ...small, ffn: "swiglu", hidden: 8 },
];

type Tensors = Map<string, { shape: readonly number[]; values: Float32Array }>;

function authorsTensors(variant: Variant): Tensors {
  return new Map(
    Array.from(dinov2StateDict(variant, 5), ([name, shape], i) => [
      name,
      { shape, values: Float32Array.from({ length: elementCount(shape) }, (_, j) => i + j / 4096) },
    ]),
  );
}

/** The names that `transformers` and its conversion script give, written down here on their own. */
function huggingFace(tensors: Tensors, prefix = ""): Tensors {
  const out: Tensors = new Map();
  for (const [name, tensor] of tensors) {
    const [, block, inner = ""] = /^blocks\.(\d+)\.(.*)$/.exec(name) ?? [];
    const layer = `${prefix}encoder.layer.${block}`;
    const { shape, values } = tensor;
    if (inner.startsWith("attn.qkv.")) {
      ["query", "key", "value"].forEach((part, i) => {
        const third = values.length / 3;
        out.set(`${layer}.attention.attention.${part}.${inner.slice("attn.qkv.".length)}`, {
          shape: [shape[0]! / 3, ...shape.slice(1)],
          values: values.slice(i * third, (i + 1) * third),
        });
      });
      continue;
    }
    const renamed = inner
      .replace("attn.proj", "attention.output.dense")
      .replace(/ls(\d)\.gamma/, "layer_scale$1.lambda1")
      .replace("mlp.w12", "mlp.weights_in")
      .replace("mlp.w3", "mlp.weights_out");
    const outside: Record<string, string> = {
      cls_token: "embeddings.cls_token",
      mask_token: "embeddings.mask_token",
      pos_embed: "embeddings.position_embeddings",
      "patch_embed.proj.weight": "embeddings.patch_embeddings.projection.weight",
      "patch_embed.proj.bias": "embeddings.patch_embeddings.projection.bias",
      "norm.weight": "layernorm.weight",
      "norm.bias": "layernorm.bias",
    };
    out.set(block === undefined ? prefix + outside[name]! : `${layer}.${renamed}`, tensor);
  }
  return out;
}

function timm(tensors: Tensors): Tensors {
  const kept = [...tensors].filter(([name]) => name !== "mask_token");
  return new Map(
    kept.map(([name, tensor]) => [name.replace("mlp.w12", "mlp.fc1").replace("mlp.w3", "mlp.fc2"), tensor]),
  );
}

async function opened(tensors: Tensors) {
  const listed = Array.from(tensors, ([name, { shape, values }]) => ({
    name,
    dtype: "F32" as const,
    shape,
    data: new Uint8Array(values.buffer),
  }));
  return openTensorFile(bytesSource(await encodeSafetensors(listed)), "file");
}

describe.each(kinds.map((variant) => [variant.ffn, variant] as const))("DINOv2, %s", (_, variant) => {
  const authors = authorsTensors(variant);
  it.each([
    ["the authors'", authors, []],
    ["timm's", timm(authors), ["mask_token"]],
    ["Hugging Face's", huggingFace(authors), []],
    ["Hugging Face's in a classifier", huggingFace(authors, "dinov2."), []],
  ])("is the same under %s names", async (_, tensors, missing) => {
    const file = await opened(tensors);
    const dict = stateDictOf(file.entries.values());
    const profile = profileWeights(dict, "file");
    expect(profile).toMatchObject({ kind: "dinov2", dim: 6, depth: 2, ffn: variant.ffn, grid: 5 });
    validateWeights(dict, profile, variant, "file");
    expect([...authors.keys()].filter((name) => !dict.has(name))).toEqual(missing);
    for (const [name, { shape, values }] of authors) {
      if (!dict.has(name)) continue;
      expect(dict.get(name), name).toEqual(shape);
      expect(await file.float32(name), name).toEqual(values);
      const [begin, end] = [Math.floor(values.length / 4), Math.ceil(values.length * 0.7)];
      expect(await file.float32(name, begin, end), name).toEqual(values.subarray(begin, end));
      const bytes = await file.bytes(name, begin, end);
      expect(new Float32Array(bytes.slice().buffer), name).toEqual(values.subarray(begin, end));
    }
  });

  it("tells a missing part by the name that the file has for its neighbours", async () => {
    const tensors = huggingFace(authors);
    tensors.delete("encoder.layer.1.attention.attention.key.weight");
    const file = await opened(tensors);
    const dict = stateDictOf(file.entries.values());
    expect(() => validateWeights(dict, profileWeights(dict, "file"), variant, "file")).toThrow(
      expect.objectContaining({
        code: "WEIGHTS_NAMES",
        issues: expect.arrayContaining([
          "missing: blocks.1.attn.qkv.weight [18, 6]",
          expect.stringContaining("unexpected: encoder.layer.1.attention.attention.query.weight [6, 6]"),
        ]),
      }),
    );
  });

  it.each([
    ["the authors'", "register_tokens", authors],
    ["timm's", "reg_token", timm(authors)],
    ["Hugging Face's", "embeddings.register_tokens", huggingFace(authors)],
  ])("is refused with registers, %s", async (_, name, tensors) => {
    const values = new Float32Array(24);
    const file = await opened(new Map([...tensors, [name, { shape: [1, 4, 6], values }]]));
    expect(() => profileWeights(stateDictOf(file.entries.values()), "file")).toThrow(
      expect.objectContaining({ code: "WEIGHTS_REGISTERS", message: expect.stringContaining("LoRATv2") }),
    );
  });
});
