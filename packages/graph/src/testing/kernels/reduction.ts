import { integers, read, readBroadcast, type Tensor64, tensor64 } from "../tensor64.ts";
import { float, fromFront, integer, type Kernel, required } from "./kernel.ts";

/** `combine(elements)` over the given axes, which stay with size 1. */
function reduceKept(
  x: Tensor64,
  axes: ReadonlySet<number>,
  combine: (elements: readonly number[]) => number,
): Tensor64 {
  const kept = x.shape.map((dim, axis) => (axes.has(axis) ? 1 : dim));
  const over = x.shape.map((dim, axis) => (axes.has(axis) ? dim : 1));
  return tensor64(kept, (outer) => {
    const elements = tensor64(over, (inner) =>
      read(
        x,
        inner.map((i, axis) => i + outer[axis]!),
      ),
    );
    return combine(Array.from(elements.data));
  });
}

const sum = (elements: readonly number[]) => elements.reduce((a, b) => a + b, 0);
const mean = (elements: readonly number[]) => sum(elements) / elements.length;

function reduction(combine: (elements: readonly number[]) => number): Kernel {
  return (inputs, attributes) => {
    const x = required(inputs, 0);
    const rank = x.shape.length;
    const given = inputs[1] ? integers(inputs[1]).map((axis) => fromFront(axis, rank)) : [];
    // No axes at all means every axis, unless noop_with_empty_axes says otherwise.
    if (given.length === 0 && attributes.noop_with_empty_axes === 1) return [x];
    const axes = new Set(given.length > 0 ? given : x.shape.keys());
    const kept = reduceKept(x, axes, combine);
    if (integer(attributes.keepdims, 1) === 1) return [kept];
    return [{ shape: x.shape.filter((_, axis) => !axes.has(axis)), data: kept.data }];
  };
}

const softmax: Kernel = (inputs, attributes) => {
  const x = required(inputs, 0);
  const axis = new Set([fromFront(integer(attributes.axis, -1), x.shape.length)]);
  const largest = reduceKept(x, axis, (elements) => Math.max(...elements));
  const powers = tensor64(x.shape, (index) => Math.exp(read(x, index) - readBroadcast(largest, index)));
  const total = reduceKept(powers, axis, sum);
  return [tensor64(x.shape, (index) => read(powers, index) / readBroadcast(total, index))];
};

const layerNormalization: Kernel = (inputs, attributes) => {
  const x = required(inputs, 0);
  const scale = required(inputs, 1);
  const bias = inputs[2] ?? { shape: [], data: Float64Array.of(0) };
  const first = fromFront(integer(attributes.axis, -1), x.shape.length);
  const axes = new Set([...x.shape.keys()].filter((axis) => axis >= first));
  const epsilon = float(attributes.epsilon, 1e-5);
  const means = reduceKept(x, axes, mean);
  const inverseDeviation = reduceKept(x, axes, (elements) => {
    const centre = mean(elements);
    return 1 / Math.sqrt(mean(elements.map((e) => (e - centre) ** 2)) + epsilon);
  });
  const y = tensor64(
    x.shape,
    (index) =>
      (read(x, index) - readBroadcast(means, index)) *
        readBroadcast(inverseDeviation, index) *
        readBroadcast(scale, index) +
      readBroadcast(bias, index),
  );
  return [y, means, inverseDeviation];
};

export const reductionKernels: Readonly<Record<string, Kernel>> = {
  ReduceSum: reduction(sum),
  ReduceMean: reduction(mean),
  Softmax: softmax,
  LayerNormalization: layerNormalization,
};
