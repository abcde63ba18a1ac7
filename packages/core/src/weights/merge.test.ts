import { Graph } from "@lorat/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adaptedLinear, adaptedLinears } from "../model/adapted-linear.ts";
import { loraConfig } from "../model/config.ts";
import { type Parameter, parameterScope, parametersIn } from "../model/parameters.ts";
import { rawBytes } from "../testing/bytes.ts";
import { tinyVariant } from "../testing/training-batch.ts";
import { bytesSource } from "./byte-source.ts";
import { matmulRows } from "./matmul-rows.ts";
import { mergedBlocks, mergedTensor, planMerge } from "./merge.ts";
import { openSafetensors } from "./safetensors.ts";
import { encodeSafetensors } from "./safetensors-writer.ts";
import type { TensorFile } from "./tensor-file.ts";

type Tensors = Record<string, readonly [shape: number[], values: readonly number[]]>;

async function fileOf(tensors: Tensors): Promise<TensorFile> {
  const list = Object.entries(tensors).map(([name, [shape, values]]) => ({
    name,
    dtype: "F32" as const,
    shape,
    data: rawBytes(Float32Array.from(values)),
  }));
  return openSafetensors(bytesSource(await encodeSafetensors(list)));
}

/** Layers of one output as a network in training declares them. */
function declared(outputs: number, inputs: number, rank: number): Parameter[] {
  const config = loraConfig(tinyVariant, { rank });
  const graph = new Graph();
  const at = parameterScope(graph, config);
  const x = graph.input("x", [1, inputs]);
  const block = at.child("blocks").child(0);
  adaptedLinear({ x, at: block.child("mlp").child("fc1"), target: "mlp" }, outputs);
  const place = block.child("attn").child("qkv");
  const layers = (["q", "k", "v"] as const).map((target, i) => ({
    x,
    at: place.child(target),
    target,
    merged: { path: place.path, row: i * outputs, of: 3 * outputs },
  }));
  adaptedLinears(layers, outputs);
  at.parameter("token_type_embed", [3, 1], { kind: "embedding" });
  at.child("norm").parameter("weight", [2], { kind: "scale" });
  return parametersIn(graph);
}

const merge = async (name: string, trained: Tensors, base?: Tensors) => {
  const parameters = declared(1, 1, 4).filter(({ role }) => role.merged?.name === name);
  const [tensor] = await planMerge(parameters, await fileOf(trained), base && (await fileOf(base)));
  return [...(await mergedTensor(tensor!))];
};

const linear = "blocks.0.mlp.fc1";
const qkv = "blocks.0.attn.qkv";
const weightOf = (outputs: number, inputs: number, rank: number) =>
  declared(outputs, inputs, rank).filter(({ name }) => name === `${linear}.linear.weight`);
const ones = (count: number, value = 1) => Array<number>(count).fill(value);
// rank 4, one input, one output: B A = 4
const adapter = (path: string): Tensors => ({
  [`${path}.lora.A`]: [[4, 1], ones(4)],
  [`${path}.lora.B`]: [[1, 4], ones(4)],
});

describe("planMerge", () => {
  it("takes the scaling of the layer, else of the file, else 1", async () => {
    const base: Tensors = { [`${linear}.weight`]: [[1, 1], [10]] };
    const merged = (more: Tensors) => merge(`${linear}.weight`, { ...adapter(linear), ...more }, base);
    expect(await merged({})).toEqual([14]);
    expect(await merged({ lora_alpha: [[], [8]] })).toEqual([18]);
    expect(await merged({ lora_alpha: [[], [8]], use_rslora: [[], [0]] })).toEqual([18]);
    expect(await merged({ lora_alpha: [[], [8]], use_rslora: [[], [1]] })).toEqual([26]);
    expect(await merged({ lora_alpha: [[], [8]], [`${linear}.lora.alpha`]: [[], [2]] })).toEqual([12]);
    await expect(merged({ lora_alpha: [[1], [8]] })).rejects.toMatchObject({ code: "WEIGHTS_SHAPE" });
  });

  it("prefers the trained file's frozen weights to the base's, split or plain", async () => {
    const base: Tensors = { [`${linear}.weight`]: [[1, 1], [10]], [`${linear}.bias`]: [[1], [11]] };
    expect(
      await merge(
        `${linear}.weight`,
        { ...adapter(linear), [`${linear}.linear.weight`]: [[1, 1], [20]] },
        base,
      ),
    ).toEqual([24]);
    expect(
      await merge(`${linear}.weight`, { ...adapter(linear), [`${linear}.weight`]: [[1, 1], [30]] }, base),
    ).toEqual([34]);
    expect(
      await merge(`${linear}.bias`, { ...adapter(linear), [`${linear}.linear.bias`]: [[1], [21]] }, base),
    ).toEqual([21]);
    expect(await merge(`${linear}.bias`, adapter(linear), base)).toEqual([11]);
  });

  it("merges q, k and v apart and stacks them, a layer without adapter keeping its base", async () => {
    const base: Tensors = {
      [`${qkv}.weight`]: [
        [3, 1],
        [10, 20, 30],
      ],
      [`${qkv}.bias`]: [[3], [1, 2, 3]],
    };
    const trained = {
      ...adapter(`${qkv}.q`),
      ...adapter(`${qkv}.v`),
      [`${qkv}.k.linear.bias`]: [[1], [7]],
    } as Tensors;
    expect(await merge(`${qkv}.weight`, trained, base)).toEqual([14, 20, 34]);
    expect(await merge(`${qkv}.bias`, trained, base)).toEqual([1, 7, 3]);
    const fused = {
      ...trained,
      [`${qkv}.weight`]: [
        [3, 1],
        [40, 50, 60],
      ],
    } as Tensors;
    expect(await merge(`${qkv}.weight`, fused, base)).toEqual([44, 50, 64]);
  });

  it("copies all else, and refuses what no file holds", async () => {
    expect(
      await merge("token_type_embed", {
        token_type_embed: [
          [3, 1],
          [1, 2, 3],
        ],
      }),
    ).toEqual([1, 2, 3]);
    expect(await merge("norm.weight", { x: [[1], [0]] }, { "norm.weight": [[2], [5, 6]] })).toEqual([5, 6]);
    await expect(merge("norm.weight", { x: [[1], [0]] })).rejects.toMatchObject({
      code: "WEIGHTS_NAMES",
    });
  });
});

describe("mergedBlocks", () => {
  it("gives the same numbers whatever the block size, and leaves the files as they are", async () => {
    const sizes = fc.record({
      outputs: fc.integer({ min: 1, max: 9 }),
      inputs: fc.integer({ min: 1, max: 9 }),
      rank: fc.integer({ min: 1, max: 19 }),
    });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 1, max: 40 }),
        fc.integer(),
        async ({ outputs, inputs, rank }, blockElements, seed) => {
          const numbers = (count: number, salt: number) =>
            Array.from({ length: count }, (_, i) => Math.sin(seed + salt + i));
          const w = numbers(outputs * inputs, 1);
          const a = numbers(rank * inputs, 2);
          const b = numbers(outputs * rank, 3);
          const file = await fileOf({
            [`${linear}.linear.weight`]: [[outputs, inputs], w],
            [`${linear}.lora.A`]: [[rank, inputs], a],
            [`${linear}.lora.B`]: [[outputs, rank], b],
            lora_alpha: [[], [3]],
          });
          const [tensor] = await planMerge(weightOf(outputs, inputs, rank), file);
          const got: number[] = [];
          for await (const block of mergedBlocks(tensor!, { blockElements })) {
            expect(block.length).toBeLessThanOrEqual(Math.max(blockElements, inputs));
            got.push(...block);
          }
          const expected = w.map((value, at) => {
            const [i, j] = [Math.floor(at / inputs), at % inputs];
            let sum = 0;
            for (let p = 0; p < rank; p++) sum += b[i * rank + p]! * a[p * inputs + j]!;
            return value + (sum * 3) / rank;
          });
          expect(got).toHaveLength(expected.length);
          for (const [i, value] of expected.entries()) expect(got[i]).toBeCloseTo(value, 5);
          expect([...(await file.float32(`${linear}.linear.weight`))]).toEqual(w.map(Math.fround));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("uses the product it is given", async () => {
    const file = await fileOf({ ...adapter(linear), [`${linear}.weight`]: [[1, 1], [1]] });
    const [tensor] = await planMerge(weightOf(1, 1, 4), file);
    const matmul = async (a: Float32Array, b: Float32Array, size: Parameters<typeof matmulRows>[2]) => {
      expect(size).toEqual({ m: 1, k: 4, n: 1 });
      return matmulRows(a, b, size).map((value) => value * 100);
    };
    expect([...(await mergedTensor(tensor!, { matmul }))]).toEqual([401]);
  });
});
