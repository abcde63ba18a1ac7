import type { Operator, Value } from "../graph.ts";
import { normaliseAxis, sizeOf } from "../shape.ts";
import { mul, sub } from "./elementwise.ts";
import { expand, reshape } from "./layout.ts";
import { constantIntegers } from "./operand.ts";

function reduction(type: string, gradient: NonNullable<Operator["gradient"]>): Operator {
  return {
    type,
    infer([x, axes], attributes) {
      const reduced = new Set(constantIntegers(axes!).map((axis) => normaliseAxis(axis, x!.shape.length)));
      const keep = attributes.keepdims === 1;
      const shape = x!.shape.flatMap((dim, i) => (reduced.has(i) ? (keep ? [1] : []) : [dim]));
      return [{ dtype: x!.dtype, shape }];
    },
    gradient,
  };
}

/** The gradient spread back over the reduced axes. */
function spread(x: Value, axes: Value, dy: Value): Value {
  const reduced = new Set(constantIntegers(axes).map((axis) => normaliseAxis(axis, x.shape.length)));
  const kept = x.shape.map((dim, i) => (reduced.has(i) ? 1 : dim));
  return expand(reshape(dy, kept), x.shape);
}

export const reduceSumOperator = reduction("ReduceSum", ({ inputs, gradients }) => [
  spread(inputs[0]!, inputs[1]!, gradients[0]!),
  undefined,
]);

export const reduceMeanOperator = reduction("ReduceMean", ({ inputs, outputs, gradients }) => {
  const count = sizeOf(inputs[0]!.shape) / sizeOf(outputs[0]!.shape);
  return [spread(inputs[0]!, inputs[1]!, mul(gradients[0]!, 1 / count)), undefined];
});

function reduce(operator: Operator, x: Value, axes: readonly number[] | undefined, keepDims: boolean): Value {
  const all = axes ?? x.shape.map((_, i) => i);
  // ONNX reads an empty list of axes as all of them.
  if (all.length === 0) return x;
  return x.graph.apply(operator, [x, x.graph.integers(all)], { keepdims: keepDims ? 1 : 0 })[0]!;
}

/** Sum over `axes` (default: all). */
export function reduceSum(x: Value, axes?: readonly number[], keepDims = false): Value {
  return reduce(reduceSumOperator, x, axes, keepDims);
}

/** Mean over `axes` (default: all). */
export function reduceMean(x: Value, axes?: readonly number[], keepDims = false): Value {
  return reduce(reduceMeanOperator, x, axes, keepDims);
}

/** `sum(x * x)` over everything, a scalar. */
export function sumOfSquares(x: Value): Value {
  return reduceSum(mul(x, x));
}

export const softmaxOperator: Operator = {
  type: "Softmax",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  gradient: ({ outputs: [y], gradients }) => {
    const dy = gradients[0]!;
    return [mul(y!, sub(dy, reduceSum(mul(dy, y!), [-1], true)))];
  },
};

/** Softmax over the last axis. */
export function softmax(x: Value): Value {
  return x.graph.apply(softmaxOperator, [x], { axis: -1 })[0]!;
}
