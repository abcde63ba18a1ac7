import { gradient } from "../gradient.ts";
import { Graph, type Value } from "../graph.ts";
import { mul, reduceSum } from "../ops/index.ts";
import { Session } from "../session/session.ts";
import type { SessionOptions } from "../session/settings.ts";
import { float32, type Tensor } from "../tensor.ts";
import { fill, type Instance, leaf, uniforms } from "./cases/case.ts";
import { evaluate } from "./interpreter.ts";
import type { Tensor64 } from "./tensor64.ts";

/** A case's graph: its output, a scalar that weighs every element of it, and that scalar's gradients. */
export interface Differentiated {
  readonly loss: Value;
  /** `output`, and `d <leaf>` for each leaf. */
  readonly outputs: Readonly<Record<string, Value>>;
  /** The leaves and the weights of the output's elements. */
  readonly feeds: ReadonlyMap<string, Tensor64>;
  readonly leaves: readonly string[];
}

/** Builds a case's graph and draws its numbers. */
export function differentiate(instance: Instance, seed: number): Differentiated {
  const graph = new Graph();
  const next = uniforms(seed);
  const feeds = new Map<string, Tensor64>();
  const values: Record<string, Value> = {};
  for (const [name, drawn] of Object.entries(instance.leaves)) {
    values[name] = graph.parameter(name, drawn.shape);
    feeds.set(name, fill(drawn, next));
  }
  const output = instance.build(values);
  const weights = leaf(output.shape);
  feeds.set("weights", fill(weights, next));
  const loss = reduceSum(mul(output, graph.input("weights", weights.shape)));
  const leaves = Object.keys(values);
  const gradients = gradient(loss, Object.values(values));
  const outputs = { output, ...Object.fromEntries(leaves.map((name, i) => [`d ${name}`, gradients[i]!])) };
  return { loss, outputs, feeds, leaves };
}

/** The gradient of `loss` by one feed, by central differences. */
export function finiteDifferences(
  loss: Value,
  feeds: ReadonlyMap<string, Tensor64>,
  name: string,
  step = 1e-5,
): Tensor64 {
  const { shape, data } = feeds.get(name)!;
  const moved = new Map(feeds);
  const at = (position: number, by: number) => {
    const changed = Float64Array.from(data);
    changed[position]! += by;
    moved.set(name, { shape, data: changed });
    return evaluate({ loss }, moved).loss!.data[0]!;
  };
  return { shape, data: data.map((_, i) => (at(i, step) - at(i, -step)) / (2 * step)) };
}

/** The largest difference between two tensors, relative to the largest element of the expected one (or 1). */
export function relativeDifference(actual: { data: ArrayLike<number | bigint> }, expected: Tensor64): number {
  let scale = 1;
  let worst = 0;
  expected.data.forEach((value, i) => {
    scale = Math.max(scale, Math.abs(value));
    const difference = Math.abs(Number(actual.data[i]) - value);
    // NaN must win.
    if (!(difference <= worst)) worst = difference;
  });
  return actual.data.length === expected.data.length ? worst / scale : Number.POSITIVE_INFINITY;
}

/** The same outputs by ONNX Runtime on a device. */
export async function runOnDevice(
  { outputs, feeds }: Differentiated,
  options: SessionOptions,
): Promise<Record<string, Tensor>> {
  const session = await Session.create(outputs, options);
  try {
    const given = [...session.inputs].map(([name, { shape }]) => {
      const data = Float32Array.from(feeds.get(name)!.data);
      return [name, float32(data, shape)] as const;
    });
    return await session.compute(Object.fromEntries(given));
  } finally {
    await session.dispose();
  }
}
