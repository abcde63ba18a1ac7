import { float32, type StoredTensor, type Tensor } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { loraConfig, type ModelConfig, mergedConfig } from "../model/config.ts";
import { parametersOf } from "../model/lorat.ts";
import { tinyVariant } from "../testing/training-batch.ts";
import { elementCount } from "../weights/dtype.ts";
import { baseTensors } from "./starting-weights.ts";

const trainingParameters = (model: ModelConfig) => parametersOf(model, { training: true });
const merged = parametersOf(mergedConfig(tinyVariant));
const inMemory = new Map<string, StoredTensor>(
  merged.map(({ name, shape }) => [
    name,
    float32(
      Float32Array.from({ length: elementCount(shape) }, (_, i) => i),
      shape,
    ),
  ]),
);
const inFile = new Map<string, StoredTensor>(
  merged.map(({ name, shape }, i) => [name, { dtype: "float16", shape, file: "weights", offset: 1000 * i }]),
);

describe("baseTensors", () => {
  it("finds everything but the adapters, query, key and value as rows of the fused layer", () => {
    const parameters = trainingParameters(loraConfig(tinyVariant, { rank: 4 }));
    const found = baseTensors(parameters, inMemory);
    const missing = parameters.map(({ name }) => name).filter((name) => !found.has(name));
    expect(missing.every((name) => /\.lora\.[AB]$/.test(name))).toBe(true);
    const { dim } = tinyVariant;
    const fused = inMemory.get("blocks.1.attn.qkv.weight") as Tensor<"float32">;
    for (const [i, part] of ["q", "k", "v"].entries()) {
      const { shape, data } = found.get(`blocks.1.attn.qkv.${part}.linear.weight`) as Tensor<"float32">;
      expect(shape).toEqual([dim, dim]);
      expect(data[0]).toBe(i * dim * dim);
      // A view, not a copy.
      expect(data.buffer).toBe(fused.data.buffer);
    }
  });

  it("points into the file, past the rows of the layers before", () => {
    const found = baseTensors(trainingParameters(loraConfig(tinyVariant, { rank: 4 })), inFile);
    const fused = inFile.get("blocks.0.attn.qkv.bias") as { offset: number };
    expect(found.get("blocks.0.attn.qkv.v.linear.bias")).toEqual({
      dtype: "float16",
      shape: [tinyVariant.dim],
      file: "weights",
      offset: fused.offset + 2 * 2 * tinyVariant.dim,
    });
  });

  it("leaves out a head and token types of another kind, which are then drawn", () => {
    const model: ModelConfig = {
      ...loraConfig(tinyVariant, { rank: 4 }),
      embedding: "type",
      head: { kind: "conv", channels: 16 },
    };
    const found = baseTensors(trainingParameters(model), inMemory);
    expect([...found.keys()].filter((name) => /^head\.|token_type/.test(name))).toEqual([]);
    expect(found.has("pos_embed")).toBe(true);
  });

  it("refuses a base of another variant, naming every tensor", () => {
    const wider = loraConfig({ ...tinyVariant, hidden: 96 }, { rank: 4 });
    expect(() => baseTensors(trainingParameters(wider), inMemory)).toThrowError(
      expect.objectContaining({
        code: "BASE_SHAPE",
        issues: expect.arrayContaining([expect.stringContaining("fc1")]),
      }),
    );
  });
});
