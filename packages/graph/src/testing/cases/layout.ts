import * as fc from "fast-check";
import type { Value } from "../../graph.ts";
import * as ops from "../../ops/index.ts";
import { sizeOf } from "../../shape.ts";
import { leaf, type OperatorCase, operatorCase } from "./case.ts";
import { broadcastable, dim, replaceAxis, shape, shapeAndAxis } from "./shapes.ts";

/** Another shape of as many elements. */
function sameSize(from: readonly number[]): fc.Arbitrary<number[]> {
  return fc.constantFrom([sizeOf(from)], [...from].reverse(), [1, ...from], [sizeOf(from), 1]);
}

const reshape = operatorCase(
  "reshape",
  shape().chain((from) => fc.record({ from: fc.constant(from), to: sameSize(from) })),
  ({ from }) => ({ x: leaf(from) }),
  ({ x }, { to }) => ops.reshape(x, to),
);

const reshapeTwice = operatorCase(
  "reshape of a reshape",
  shape().chain((from) => fc.record({ from: fc.constant(from), via: sameSize(from), to: sameSize(from) })),
  ({ from }) => ({ x: leaf(from) }),
  ({ x }, { via, to }) => ops.mul(ops.reshape(ops.reshape(x, via), to), ops.reshape(x, to)),
);

const permuted = shape(1).chain((from) => {
  const axes = [...from.keys()];
  const permutation = fc.shuffledSubarray(axes, { minLength: axes.length });
  return fc.record({ from: fc.constant(from), first: permutation, second: permutation });
});

const transpose = operatorCase(
  "transpose",
  permuted,
  ({ from }) => ({ x: leaf(from) }),
  ({ x }, { first }) => ops.transpose(x, first),
);

const transposeTwice = operatorCase(
  "transpose of a transpose",
  permuted,
  ({ from }) => ({ x: leaf(from) }),
  ({ x }, { first, second }) => ops.transpose(ops.transpose(x, first), second),
);

const expand = operatorCase(
  "expand",
  shape().chain((to) => fc.record({ to: fc.constant(to), from: broadcastable(to) })),
  ({ from }) => ({ x: leaf(from) }),
  ({ x }, { to }) => ops.expand(x, to),
);

const sizes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 9 });

const concat = operatorCase(
  "concat",
  fc.record({ at: shapeAndAxis(3), sizes }),
  ({ at, sizes }) =>
    Object.fromEntries(sizes.map((size, i) => [`x${i}`, leaf(replaceAxis(at.shape, at.axis, size))])),
  (values, { at }) => ops.concat(Object.values(values), at.axis),
);

const concatRepeated = operatorCase(
  "concat of a value with itself and others",
  shapeAndAxis(3),
  ({ shape }) => ({ a: leaf(shape), b: leaf(shape) }),
  ({ a, b }, { axis }) => ops.concat([a, ops.exp(b), a, ops.mul(a, b)], axis),
);

const total = (parts: readonly number[]) => parts.reduce((a, b) => a + b, 0);

const split = operatorCase(
  "split, some parts unread",
  fc.record({ at: shapeAndAxis(3), sizes }).chain(({ at, sizes }) =>
    fc.record({
      at: fc.constant(at),
      sizes: fc.constant(sizes),
      read: fc.subarray([...sizes.keys()], { minLength: 1 }),
    }),
  ),
  ({ at, sizes }) => ({ x: leaf(replaceAxis(at.shape, at.axis, total(sizes))) }),
  ({ x }, { at, sizes, read }) => {
    const parts = ops.split(x, sizes, at.axis);
    return ops.concat(
      read.map((i) => ops.mul(parts[i]!, i + 1)),
      at.axis,
    );
  },
);

const slice = operatorCase(
  "slice",
  fc.record({ at: shapeAndAxis(), before: fc.nat(2), kept: dim, after: fc.nat(2) }),
  ({ at, before, kept, after }) => ({ x: leaf(replaceAxis(at.shape, at.axis, before + kept + after)) }),
  ({ x }, { at, before, kept }) => ops.slice(x, before, before + kept, at.axis),
);

const pad = operatorCase(
  "pad",
  shape(1, 3).chain((from) => {
    const amounts = fc.array(fc.nat(2), { minLength: from.length, maxLength: from.length });
    return fc.record({ from: fc.constant(from), before: amounts, after: amounts });
  }),
  ({ from }) => ({ x: leaf(from) }),
  ({ x }: { x: Value }, { before, after }) => ops.pad(x, before, after),
);

export const layoutCases: readonly OperatorCase[] = [
  reshape,
  reshapeTwice,
  transpose,
  transposeTwice,
  expand,
  concat,
  concatRepeated,
  split,
  slice,
  pad,
];
