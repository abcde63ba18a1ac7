import { broadcast, integers, read, readBroadcast, type Tensor64, tensor64 } from "../tensor64.ts";
import { fromFront, integer, type Kernel, list, required } from "./kernel.ts";

const reshape: Kernel = (inputs) => {
  const x = required(inputs, 0);
  // 0 copies the input's size, -1 takes what is left (allowzero = 0).
  const asked = integers(required(inputs, 1)).map((dim, i) => (dim === 0 ? x.shape[i]! : dim));
  const known = asked.reduce((size, dim) => (dim === -1 ? size : size * dim), 1);
  return [{ shape: asked.map((dim) => (dim === -1 ? x.data.length / known : dim)), data: x.data }];
};

const transpose: Kernel = (inputs, attributes) => {
  const x = required(inputs, 0);
  const reversed = [...x.shape.keys()].reverse();
  const perm = list(attributes.perm, reversed);
  const source = x.shape.map(() => 0);
  return [
    tensor64(
      perm.map((axis) => x.shape[axis]!),
      (index) => {
        perm.forEach((axis, to) => {
          source[axis] = index[to]!;
        });
        return read(x, source);
      },
    ),
  ];
};

const expand: Kernel = (inputs) => {
  const x = required(inputs, 0);
  const shape = broadcast(x.shape, integers(required(inputs, 1)));
  return [tensor64(shape, (index) => readBroadcast(x, index))];
};

/** `shape` with one axis changed. */
function withAxis(shape: readonly number[], axis: number, dim: number): number[] {
  return shape.map((old, i) => (i === axis ? dim : old));
}

/** `index` moved along one axis. */
function shifted(index: readonly number[], axis: number, by: number): number[] {
  return index.map((i, a) => (a === axis ? i + by : i));
}

const concat: Kernel = (inputs, attributes) => {
  const first = required(inputs, 0);
  const axis = fromFront(attributes.axis as number, first.shape.length);
  const total = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
  return [
    tensor64(withAxis(first.shape, axis, total), (index) => {
      let start = 0;
      for (const input of inputs) {
        const end = start + input.shape[axis]!;
        if (index[axis]! < end) return read(input, shifted(index, axis, -start));
        start = end;
      }
      throw new Error("outside every operand");
    }),
  ];
};

const split: Kernel = (inputs, attributes) => {
  const x = required(inputs, 0);
  const axis = fromFront(integer(attributes.axis, 0), x.shape.length);
  const parts: Tensor64[] = [];
  let start = 0;
  for (const size of integers(required(inputs, 1))) {
    const from = start;
    parts.push(tensor64(withAxis(x.shape, axis, size), (index) => read(x, shifted(index, axis, from))));
    start += size;
  }
  if (start !== x.shape[axis]) throw new Error(`${start} of ${x.shape[axis]} elements were split`);
  return parts;
};

const slice: Kernel = (inputs) => {
  const x = required(inputs, 0);
  const starts = integers(required(inputs, 1));
  const ends = integers(required(inputs, 2));
  const axes = inputs[3] ? integers(inputs[3]) : starts.map((_, i) => i);
  const steps = inputs[4] ? integers(inputs[4]) : starts.map(() => 1);
  const from = x.shape.map(() => 0);
  const step = x.shape.map(() => 1);
  const shape = [...x.shape];
  axes.forEach((given, i) => {
    const axis = fromFront(given, x.shape.length);
    const dim = x.shape[axis]!;
    const last = steps[i]! > 0 ? dim : dim - 1;
    const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + dim : at, steps[i]! > 0 ? 0 : -1), last);
    from[axis] = clamp(starts[i]!);
    step[axis] = steps[i]!;
    shape[axis] = Math.max(0, Math.ceil((clamp(ends[i]!) - from[axis]!) / steps[i]!));
  });
  return [
    tensor64(shape, (index) =>
      read(
        x,
        index.map((i, axis) => from[axis]! + i * step[axis]!),
      ),
    ),
  ];
};

const pad: Kernel = (inputs, attributes) => {
  if (attributes.mode !== undefined && attributes.mode !== "constant") {
    throw new Error(`Pad in mode ${attributes.mode} is not interpreted`);
  }
  const x = required(inputs, 0);
  const pads = integers(required(inputs, 1));
  const fill = inputs[2]?.data[0] ?? 0;
  const rank = x.shape.length;
  const shape = x.shape.map((dim, axis) => dim + pads[axis]! + pads[rank + axis]!);
  return [
    tensor64(shape, (index) => {
      const source = index.map((i, axis) => i - pads[axis]!);
      return source.every((i, axis) => i >= 0 && i < x.shape[axis]!) ? read(x, source) : fill;
    }),
  ];
};

export const layoutKernels: Readonly<Record<string, Kernel>> = {
  Reshape: reshape,
  Transpose: transpose,
  Expand: expand,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
};
