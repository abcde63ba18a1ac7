import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  add,
  type Device,
  type FileTensor,
  float32,
  Graph,
  gradient,
  int64,
  linear,
  matmul,
  mul,
  readBack,
  reduceSum,
  resolveDevice,
  Session,
  sumOfSquares,
  type Tensor,
  type Weights,
} from "../index.ts";
import { runtime } from "./runtime.node.ts";
import { weightOf } from "./weights.ts";

const folder = mkdtempSync(join(tmpdir(), "lorat-session-"));
afterAll(() => rmSync(folder, { recursive: true }));

const withCode = (code: string) => expect.objectContaining({ name: "LoratError", code });

/** On the CPU with one thread, as every test here runs. */
const cpu = { device: "cpu", threads: 1 } as const;

const numbers = (tensor: Tensor | undefined) => Array.from(tensor!.data as Float32Array);

/** `x W^T + b`, with x [2, 3], W [2, 3] and b [2]. */
function layer() {
  const graph = new Graph();
  const y = linear(graph.input("x", [2, 3]), graph.parameter("w", [2, 3]), graph.parameter("b", [2]));
  return { graph, y };
}

const x = float32([1, 2, 3, 4, 5, 6], [2, 3]);
const w = float32([1, 0, -1, 2, 1, 0], [2, 3]);
const b = float32([10, 20], [2]);
const expected = [8, 24, 8, 33];

/** Writes tensors one behind the other after a few bytes of something else, as a safetensors file has them. */
function writeWeights(path: string, tensors: Readonly<Record<string, Tensor>>): Map<string, FileTensor> {
  const parts: Uint8Array[] = [new Uint8Array(24).fill(0xff)];
  const placed = new Map<string, FileTensor>();
  let offset = 24;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    placed.set(name, { dtype, shape, file: path, offset });
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  writeFileSync(path, Buffer.concat(parts));
  return placed;
}

describe("a session's weights", () => {
  it("may be fed, constant, or constant but for those named as fed", async () => {
    const { y } = layer();
    const fed = await Session.create({ y }, cpu);
    expect(numbers((await fed.compute({ x, w, b })).y)).toEqual(expected);
    const constant = await Session.create(
      { y },
      {
        ...cpu,
        weights: new Map([
          ["w", w],
          ["b", b],
        ]),
      },
    );
    expect([...constant.inputs.keys()]).toEqual(["x"]);
    expect(numbers((await constant.compute({ x })).y)).toEqual(expected);
    const weights = new Map([
      ["w", w],
      ["b", float32([0, 0], [2])],
    ]);
    const mixed = await Session.create({ y }, { ...cpu, weights, fed: new Set(["b"]) });
    expect([...mixed.inputs.keys()].sort()).toEqual(["b", "x"]);
    expect(numbers((await mixed.compute({ x, b })).y)).toEqual(expected);
    for (const session of [fed, constant, mixed]) await session.dispose();
  });

  it("may lie in a file that two sessions map", async () => {
    const weights = writeWeights(join(folder, "shared.bin"), { w, b });
    const { y } = layer();
    const other = new Graph();
    const product = matmul(other.input("x", [1, 2]), other.parameter("w", [2, 3]));
    const sessions = [
      await Session.create({ y }, { ...cpu, weights }),
      await Session.create({ product }, { ...cpu, weights }),
    ] as const;
    expect(numbers((await sessions[0].compute({ x })).y)).toEqual(expected);
    expect(numbers((await sessions[1].compute({ x: float32([1, 10], [1, 2]) })).product)).toEqual([
      21, 10, -1,
    ]);
    await sessions[0].dispose();
    expect(numbers((await sessions[1].compute({ x: float32([1, 0], [1, 2]) })).product)).toEqual([1, 0, -1]);
    await sessions[1].dispose();
  });

  // IEEE 754 binary16: 1, -2, 0.5, the nearest to 1/3, the largest, the smallest subnormal.
  const half = Uint16Array.of(0x3c00, 0xc000, 0x3800, 0x3555, 0x7bff, 0x0001);
  const exact = [1, -2, 0.5, 0.333251953125, 65504, 2 ** -24];

  it.each(["in memory", "in a file"])("may be stored in half precision, %s", async (where) => {
    const stored: Tensor = { dtype: "float16", shape: [6], data: half };
    const file = join(folder, "half.bin");
    const weights: Weights =
      where === "in a file" ? writeWeights(file, { w: stored }) : new Map([["w", stored]]);
    const graph = new Graph();
    const session = await Session.create(
      { y: mul(graph.parameter("w", [6]), graph.input("x", [6])) },
      { ...cpu, weights },
    );
    const ones = float32(new Float32Array(6).fill(1), [6]);
    expect(numbers((await session.compute({ x: ones })).y)).toEqual(exact);
    await session.dispose();
  });

  it.each([
    ["inside the model", 1000],
    ["beside it", 4_500_000],
  ])("in memory travel %s: %i elements, kept though JavaScript's change", async (_where, size) => {
    const data = Float32Array.from({ length: size }, (_, i) => i % 1000);
    const graph = new Graph();
    const large = graph.parameter("large", [size]);
    const small = graph.parameter("small", [1]);
    const y = add(mul(large, graph.input("x", [1])), small);
    const weights = new Map([
      ["large", float32(data, [size])],
      ["small", float32([0.5], [1])],
    ]);
    const session = await Session.create({ y, sum: reduceSum(mul(large, 0)) }, { ...cpu, weights });
    data.fill(Number.NaN);
    const { y: result, sum } = await session.compute({ x: float32([2], [1]) });
    const wrong = (result!.data as Float32Array).findIndex((value, i) => value !== 2 * (i % 1000) + 0.5);
    expect(wrong).toBe(-1);
    expect(numbers(sum)).toEqual([0]);
    await session.dispose();
  });

  it("WEIGHTS_SHAPE: another shape or type, naming both", async () => {
    const { y } = layer();
    const create = (stored: Tensor) => Session.create({ y }, { ...cpu, weights: new Map([["w", stored]]) });
    await expect(create(float32(w.data, [3, 2]))).rejects.toThrow(
      expect.objectContaining({
        code: "WEIGHTS_SHAPE",
        message: "the weight w is float32 [3,2], the graph needs float32 [2,3]",
      }),
    );
    await expect(create(int64([1, 2, 3, 4, 5, 6], [2, 3]))).rejects.toThrow(withCode("WEIGHTS_SHAPE"));
  });

  it("WEIGHTS_NAMES: a weight that was not given", () => {
    const parameter = new Graph().parameter("w", [1]);
    expect(() => weightOf(new Map(), parameter)).toThrow(withCode("WEIGHTS_NAMES"));
  });

  it("may stay in a file on wasm too, which reads them from there", async () => {
    const weights = writeWeights(join(folder, "for-wasm.bin"), { w, b });
    const session = await Session.create({ y: layer().y }, { device: "wasm", weights });
    expect(numbers((await session.compute({ x })).y)).toEqual(expected);
    await session.dispose();
  });

  it("WEIGHTS_FOLDERS: files in two folders", async () => {
    mkdirSync(join(folder, "a"));
    mkdirSync(join(folder, "b"));
    const weights = new Map([
      ...writeWeights(join(folder, "a", "w.bin"), { w }),
      ...writeWeights(join(folder, "b", "b.bin"), { b }),
    ]);
    await expect(Session.create({ y: layer().y }, { ...cpu, weights })).rejects.toThrow(
      withCode("WEIGHTS_FOLDERS"),
    );
  });

  it("SESSION_CREATE: a file that is missing or ends too early", async () => {
    const { y } = layer();
    const missing = new Map([
      ["w", { dtype: "float32", shape: [2, 3], file: join(folder, "no.bin"), offset: 0 }],
    ]);
    await expect(Session.create({ y }, { ...cpu, weights: missing as Weights })).rejects.toThrow(
      withCode("SESSION_CREATE"),
    );
    const placed = writeWeights(join(folder, "short.bin"), { w }).get("w")!;
    const short = new Map([["w", { ...placed, offset: placed.offset + 8 }]]);
    await expect(Session.create({ y }, { ...cpu, weights: short })).rejects.toThrow(
      withCode("SESSION_CREATE"),
    );
  });
});

describe("weights in a file beside many in memory", () => {
  const side = 2100; // 17.6 MB, more than travels inside the model
  const graph = new Graph();
  const big = graph.parameter("big", [side, side]);
  const y = add(matmul(graph.input("x", [1, side]), big), graph.parameter("bias", [side]));
  const bias = float32(new Float32Array(side).fill(3), [side]);
  const identity = new Float32Array(side * side);
  for (let i = 0; i < side; i++) identity[i * (side + 1)] = 2;
  const inMemory: Weights = new Map([["big", float32(identity, [side, side])]]);

  it("are read where they are needed", async () => {
    const weights = new Map([...inMemory, ...writeWeights(join(folder, "bias.bin"), { bias })]);
    const session = await Session.create({ y }, { ...cpu, weights });
    const x = float32(
      Float32Array.from({ length: side }, (_, i) => i),
      [1, side],
    );
    const got = numbers((await session.compute({ x })).y);
    expect([got[0], got[1], got[side - 1]]).toEqual([3, 5, 2 * (side - 1) + 3]);
    await session.dispose();
  });

  it("SESSION_CREATE: a file that is missing or ends too early", async () => {
    const placed = writeWeights(join(folder, "short-bias.bin"), { bias }).get("bias")!;
    for (const broken of [
      { ...placed, offset: placed.offset + 8 },
      { ...placed, file: join(folder, "no.bin") },
    ]) {
      const weights: Weights = new Map([...inMemory, ["bias", broken]]);
      await expect(Session.create({ y }, { ...cpu, weights })).rejects.toThrow(withCode("SESSION_CREATE"));
    }
  });
});

describe("running a session", () => {
  it("computes a loss and its gradients in one run", async () => {
    const { y } = layer();
    const { graph } = y;
    const loss = sumOfSquares(y);
    const parameters = [graph.parameter("w", [2, 3]), graph.parameter("b", [2])];
    const [dw, db] = gradient(loss, parameters);
    const session = await Session.create({ loss, dw: dw!, db: db! }, { ...cpu, purpose: "training" });
    expect(session.outputNames).toEqual(["loss", "dw", "db"]);
    const results = await session.compute({ x, w, b });
    expect(numbers(results.loss)).toEqual([expected.reduce((sum, value) => sum + value * value, 0)]);
    // 2 * y^T x and the column sums of 2 * y.
    expect(numbers(results.dw)).toEqual([2 * (8 + 32), 2 * (16 + 40), 2 * (24 + 48), 312, 426, 540]);
    expect(numbers(results.db)).toEqual([32, 114]);
    expect(results.loss!.shape).toEqual([]);
    await session.dispose();
  });

  it.each(["cpu", "wasm"] as const)(
    "keeps bool, int64 and half tensors as they are, on %s",
    async (device) => {
      const graph = new Graph();
      const inputs = {
        truth: graph.input("truth_in", [2], "bool"),
        count: graph.input("count_in", [2], "int64"),
        half: graph.input("half_in", [2], "float16"),
      };
      const session = await Session.create(inputs, { device, threads: 1 });
      const feeds: Record<string, Tensor> = {
        truth_in: { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) },
        count_in: int64([2 ** 40, -3]),
        half_in: { dtype: "float16", shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
      };
      const results = await session.compute(feeds);
      for (const name of ["truth", "count", "half"]) {
        expect(await readBack(results[name]!)).toEqual(feeds[`${name}_in`]);
      }
      await session.dispose();
    },
  );

  it("SESSION_FEED: an input that is missing, or of another shape or type", async () => {
    const { y } = layer();
    const session = await Session.create({ y }, { ...cpu, weights: new Map([["w", w]]) });
    await expect(session.run({ x })).rejects.toThrow("the input b float32 [2] was not fed");
    await expect(session.run({ x })).rejects.toThrow(withCode("SESSION_FEED"));
    await expect(session.run({ x: float32(x.data, [3, 2]), b })).rejects.toThrow(withCode("SESSION_FEED"));
    await expect(session.run({ x, b: int64([1, 2]) })).rejects.toThrow(
      "the input b is float32 [2], fed with int64 [2]",
    );
    expect(numbers((await session.compute({ x, b })).y)).toEqual(expected);
    await session.dispose();
  });

  it("SESSION_DISPOSED: a run after dispose, which may be called twice", async () => {
    const session = await Session.create({ y: layer().y }, cpu);
    await session.dispose();
    await session.dispose();
    await expect(session.run({ x, w, b })).rejects.toThrow(withCode("SESSION_DISPOSED"));
  });

  it("SESSION_CREATE and SESSION_RUN: what ONNX Runtime refuses", async () => {
    const graph = new Graph();
    const input = graph.input("i", [1], "int64");
    const table = graph.filled(1, [3]);
    const spec = [{ dtype: "float32", shape: [1] }] as const;
    const unknown = graph.apply({ type: "NoSuchOperator", infer: () => [...spec] }, [table])[0]!;
    await expect(Session.create({ unknown }, cpu)).rejects.toThrow(withCode("SESSION_CREATE"));
    const picked = graph.apply({ type: "Gather", infer: () => [...spec] }, [table, input])[0]!;
    const session = await Session.create({ picked }, cpu);
    await expect(session.run({ i: int64([7]) })).rejects.toThrow(withCode("SESSION_RUN"));
    expect(numbers((await session.compute({ i: int64([2]) })).picked)).toEqual([1]);
    await session.dispose();
  });
});

describe("devices", () => {
  it("DEVICE_UNKNOWN: a name that is none, with those that are", async () => {
    await expect(resolveDevice("gpu" as Device)).rejects.toThrow(
      expect.objectContaining({
        code: "DEVICE_UNKNOWN",
        hint: "choose one of auto, cpu, webgpu, cuda, wasm",
      }),
    );
    await expect(Session.create({ y: layer().y }, { device: "gpu" as Device })).rejects.toThrow(
      withCode("DEVICE_UNKNOWN"),
    );
  });

  it("DEVICE_UNAVAILABLE: one that this machine lacks, with those it has", async (context) => {
    const here = await runtime.devices();
    const lacking = (["cpu", "webgpu", "cuda", "wasm"] as const).find((device) => !here.includes(device));
    if (!lacking) {
      console.warn("skipped: every device is available here");
      context.skip("every device is available here");
      return;
    }
    await expect(resolveDevice(lacking)).rejects.toThrow(
      expect.objectContaining({
        code: "DEVICE_UNAVAILABLE",
        hint: expect.stringContaining(`available: ${here.join(", ")}`),
      }),
    );
    if (lacking === "cuda") {
      await expect(resolveDevice(lacking)).rejects.toMatchObject({ hint: expect.stringContaining("CUDA") });
    }
  });

  it("are counted from their creation until they are disposed of", async () => {
    const before = Session.open;
    const sessions = await Promise.all(
      [1, 2, 3].map(() => Session.create({ y: layer().y }, { device: "cpu" })),
    );
    expect(Session.open).toBe(before + 3);
    for (const session of [...sessions, sessions[0]!]) await session.dispose();
    expect(Session.open).toBe(before);
  });

  it("auto is one that is available", async () => {
    expect(await runtime.devices()).toContain(await resolveDevice("auto"));
  });

  it("wasm gives the CPU's numbers, and is no fallback from itself", async () => {
    const session = await Session.create({ y: layer().y }, { device: "wasm", noFallback: true });
    expect(session.device).toBe("wasm");
    expect(numbers((await session.compute({ x, w, b })).y)).toEqual(expected);
    await session.dispose();
  });
});
