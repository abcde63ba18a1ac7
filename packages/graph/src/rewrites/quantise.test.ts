import { readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  float32,
  Graph,
  gelu,
  linear,
  linearLayers,
  matmul,
  mul,
  PreparedWeights,
  quantise,
  reachableNodes,
  Session,
  type SessionOptions,
  type StoredTensor,
  serialise,
  sizeOf,
  slice,
  type Tensor,
  transpose,
  type Value,
  weightLevelsFor,
} from "../index.ts";

/** Reproducible numbers that differ from column to column by up to a hundred times. */
function numbers(shape: readonly number[], seed: number): Tensor<"float32"> {
  const columns = shape.at(-1)!;
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    return Math.sin(seed + 12.9898 * (i + 1)) * 10 ** ((i % columns) / columns - 1);
  });
  return float32(data, shape);
}

function weightsOf(graph: Graph): Map<string, StoredTensor> {
  return new Map([...graph.parameters.values()].map(({ name, shape }, i) => [name, numbers(shape, i)]));
}

async function run(
  outputs: Record<string, Value>,
  weights: ReadonlyMap<string, StoredTensor>,
  feeds: Record<string, Tensor>,
  options: SessionOptions = {},
): Promise<Record<string, Tensor>> {
  const session = await Session.create(outputs, { device: "cpu", threads: 1, weights, ...options });
  const result = await session.compute(feeds);
  await session.dispose();
  return result;
}

/** The numbers of a graph in single precision and in 8 bits. */
async function bothWays(graph: Graph, outputs: Record<string, Value>, device: "cpu" | "wasm" = "cpu") {
  const weights = weightsOf(graph);
  const feeds = Object.fromEntries(
    [...graph.inputs].map(([name, { shape }], i) => [name, numbers(shape, 50 + i)]),
  );
  const quantised = quantise(outputs, () => true);
  const prepared = await new PreparedWeights(weights, device).of(quantised);
  const single = await run(outputs, weights, feeds, { device });
  return {
    weights,
    feeds,
    quantised,
    prepared,
    single,
    eight: await run(quantised.outputs, prepared, feeds, { device }),
  };
}

/** The range of a tensor with 0 in it, over 255: the step of its levels. */
function step({ data }: Tensor): number {
  const values = [...(data as Float32Array), 0];
  return (Math.max(...values) - Math.min(...values)) / 255;
}

/** What quantisation may move at most: every product by half a step of either side, and of both. */
function largestError(x: Tensor, weight: Tensor, row: number): number {
  const inputs = weight.shape[1]!;
  const values = (weight.data as Float32Array).subarray(row * inputs, (row + 1) * inputs);
  const weightStep = Math.max(...values.map(Math.abs)) / 127;
  const inputStep = step(x);
  const largestInput = Math.max(...(x.data as Float32Array).map(Math.abs));
  const sum = values.reduce((total, value) => total + Math.abs(value), 0);
  // DynamicQuantizeLinear rounds its zero as well, so an input may move by a whole step.
  return sum * inputStep + inputs * (weightStep / 2) * (largestInput + inputStep) + 1e-5;
}

function expectClose(actual: Tensor, expected: Tensor, digits: number) {
  actual.data.forEach((value, i) => {
    expect(Number(value)).toBeCloseTo(Number(expected.data[i]), digits);
  });
}

const types = (outputs: Record<string, Value>) =>
  reachableNodes(Object.values(outputs)).map(({ operator }) => operator.type);

describe("int8 as a rewrite", () => {
  it("stays within half a level of each number, whatever the shape", async () => {
    const size = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.boolean(), async (rows, inputs, columns, withBias) => {
        const graph = new Graph();
        const x = graph.input("x", [2, rows, inputs]);
        const bias = withBias ? graph.parameter("layer.bias", [columns]) : undefined;
        const y = linear(x, graph.parameter("layer.weight", [columns, inputs]), bias);
        const { weights, feeds, single, eight } = await bothWays(graph, { y });
        const weight = weights.get("layer.weight") as Tensor;
        const allowed = Array.from({ length: columns }, (_, row) => largestError(feeds.x!, weight, row));
        eight.y!.data.forEach((value, i) => {
          expect(Math.abs(Number(value) - Number(single.y!.data[i]))).toBeLessThan(allowed[i % columns]!);
        });
      }),
      { numRuns: 25 },
    );
  });

  it("gives every column a scale of its own, and a column of zeros the number 0", async () => {
    const graph = new Graph();
    const y = linear(graph.input("x", [3, 2]), graph.parameter("w.weight", [3, 2]));
    const weights = new Map([["w.weight", float32([1, -2, 0, 0, 1e-4, 5e-5], [3, 2])]]);
    const quantised = quantise({ y }, () => true);
    const prepared = await new PreparedWeights(weights, "cpu").of(quantised);
    const scale = (prepared.get("w@scale") as Tensor).data as Float32Array;
    expect(scale[0]).toBeCloseTo(2 / 127, 7);
    expect(scale[2]! / (1e-4 / 127)).toBeCloseTo(1, 5);
    const levels = prepared.get("w@levels") as Tensor;
    expect(levels.dtype).toBe("int8");
    expect([...levels.data].map(Number)).toEqual([64, 0, 127, -127, 0, 64]); // [inputs, outputs]
    const { y: found } = await run(quantised.outputs, prepared, { x: float32([1, 2, 3, 4, -5, 6], [3, 2]) });
    for (const row of [0, 1, 2]) expect(found!.data[row * 3 + 1]).toBe(0);
  });

  it("takes bias and factors that follow into the layer", async () => {
    const graph = new Graph();
    const inner = linear(
      graph.input("x", [1, 5, 16]),
      graph.parameter("a.weight", [8, 16]),
      graph.parameter("a.bias", [8]),
    );
    const y = mul(inner, graph.parameter("gamma", [8]));
    const { quantised, single, eight } = await bothWays(graph, { y });
    const after = types(quantised.outputs);
    expect(after.filter((type) => type === "Add")).toHaveLength(1);
    expect(after).not.toContain("MatMul");
    expectClose(eight.y!, single.y!, 2);
  });

  it("shares one quantised input among the layers that read it, each with rows of its own", async () => {
    const graph = new Graph();
    const x = graph.input("x", [6, 16]);
    const weight = graph.parameter("qkv.weight", [12, 16]);
    const rows = (from: number, to: number) => matmul(x, transpose(slice(weight, from, to, 0)));
    const outputs = { q: rows(0, 4), kv: rows(4, 12) };
    expect(linearLayers(Object.values(outputs)).map(({ name }) => name)).toEqual(["qkv", "qkv"]);
    const { quantised, single, eight } = await bothWays(graph, outputs);
    expect(types(quantised.outputs).filter((type) => type === "DynamicQuantizeLinear")).toHaveLength(1);
    for (const name of ["q", "kv"]) expectClose(eight[name]!, single[name]!, 1);
  });

  it("leaves products of two inputs, layers that were not chosen, and everything else alone", async () => {
    const graph = new Graph();
    const x = graph.input("x", [4, 4]);
    const kept = linear(gelu(matmul(x, x)), graph.parameter("kept.weight", [4, 4]));
    const y = linear(kept, graph.parameter("chosen.weight", [4, 4]));
    const { outputs, prepared } = quantise({ y }, ({ name }) => name === "chosen");
    expect([...prepared.keys()]).toEqual(["chosen"]);
    expect(types(outputs).filter((type) => type === "MatMul")).toHaveLength(2);
    expect(types(outputs)).toContain("Gelu");
  });

  it("does not take a step that someone else reads too", async () => {
    const graph = new Graph();
    const product = linear(graph.input("x", [4, 4]), graph.parameter("w.weight", [4, 4]));
    const biased = add(product, graph.parameter("b", [4]));
    const { quantised, single, eight } = await bothWays(graph, { product, biased });
    expect(types(quantised.outputs).filter((type) => type === "MatMulInteger")).toHaveLength(1);
    for (const name of ["product", "biased"]) expectClose(eight[name]!, single[name]!, 1);
  });

  it("writes standard operators only", () => {
    const graph = new Graph();
    const y = linear(graph.input("x", [4, 4]), graph.parameter("w.weight", [4, 4]));
    const text = new TextDecoder("latin1").decode(serialise(quantise({ y }, () => true).outputs).bytes);
    expect(text).toContain("MatMulInteger");
    expect(text).not.toContain("com.microsoft");
  });

  it("becomes one operator of ONNX Runtime, bias included", async () => {
    const graph = new Graph();
    const x = graph.input("x", [1, 8, 32]);
    const y = mul(
      linear(x, graph.parameter("w.weight", [16, 32]), graph.parameter("w.bias", [16])),
      graph.parameter("g", [16]),
    );
    const weights = weightsOf(graph);
    const quantised = quantise({ y }, () => true);
    const prepared = await new PreparedWeights(weights, "cpu").of(quantised);
    const profilePrefix = join(tmpdir(), `lorat-int8-${process.pid}`);
    await run(quantised.outputs, prepared, { x: numbers([1, 8, 32], 3) }, { profilePrefix });
    const written = readdirSync(dirname(profilePrefix)).filter((file) =>
      file.startsWith(basename(profilePrefix)),
    );
    const events = written.flatMap((file) => {
      const path = join(dirname(profilePrefix), file);
      const list = JSON.parse(readFileSync(path, "utf8")) as { cat: string; args?: { op_name?: string } }[];
      rmSync(path);
      return list;
    });
    const ran = new Set(events.filter(({ cat }) => cat === "Node").map(({ args }) => args?.op_name));
    expect([...ran]).toEqual(["DynamicQuantizeMatMul"]);
  });

  it("gives the same numbers with unsigned weights, as one operator too", async () => {
    const graph = new Graph();
    const y = linear(graph.input("x", [3, 24]), graph.parameter("w.weight", [10, 24]));
    const weights = weightsOf(graph);
    const feeds = { x: numbers([3, 24], 5) };
    const levels = await weightLevelsFor("cpu");
    const [unsigned, best] = await Promise.all(
      (["uint8", levels] as const).map(async (type) => {
        const quantised = quantise({ y }, () => true, type);
        const prepared = await new PreparedWeights(weights, "cpu").of(quantised);
        expect(prepared.get("w@levels")!.dtype).toBe(type);
        return run(quantised.outputs, prepared, feeds);
      }),
    );
    expectClose(unsigned!.y!, best!.y!, 6);
  });

  it("gives the same numbers through WebAssembly", async () => {
    const graph = new Graph();
    const y = linear(
      graph.input("x", [3, 24]),
      graph.parameter("w.weight", [10, 24]),
      graph.parameter("w.bias", [10]),
    );
    const { eight: native } = await bothWays(graph, { y });
    const { eight: wasm } = await bothWays(graph, { y }, "wasm");
    expectClose(wasm.y!, native.y!, 5);
  });
});

describe("prepared weights", () => {
  it("are made once for graphs of any batch size, and leave the rest as it is stored", async () => {
    const batchOf = (batch: number) => {
      const graph = new Graph();
      const hidden = linear(graph.input("x", [batch, 3, 8]), graph.parameter("a.weight", [8, 8]));
      return quantise({ y: linear(hidden, graph.parameter("b.weight", [4, 8])) }, ({ name }) => name === "a");
    };
    const weights = new Map([
      ["a.weight", numbers([8, 8], 1)],
      ["b.weight", numbers([4, 8], 2)],
    ]);
    const prepared = new PreparedWeights(weights, "cpu");
    const one = await prepared.of(batchOf(1));
    const two = await prepared.of(batchOf(2));
    expect([...one.keys()].sort()).toEqual(["a@levels", "a@scale", "b.weight"]);
    expect(two.get("a@levels")).toBe(one.get("a@levels"));
    expect(two.get("b.weight")).toBe(weights.get("b.weight"));
  });

  it("say which weight is missing", async () => {
    const graph = new Graph();
    const y = linear(graph.input("x", [2, 4]), graph.parameter("w.weight", [4, 4]));
    const prepared = new PreparedWeights(new Map(), "cpu").of(quantise({ y }, () => true));
    await expect(prepared).rejects.toThrow(/w\.weight/);
  });
});
