import type { GradientContext, Operator, Value } from "../graph.ts";
import { normaliseAxis, sizeOf } from "../shape.ts";
import { mul, sub } from "./elementwise.ts";
import { expand, reshape, transpose } from "./layout.ts";
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

const reduceSumOperator = reduction("ReduceSum", ({ inputs, gradients }) => [
  spread(inputs[0]!, inputs[1]!, gradients[0]!),
  undefined,
]);

const reduceMeanOperator = reduction("ReduceMean", ({ inputs, outputs, gradients }) => {
  const count = sizeOf(inputs[0]!.shape) / sizeOf(outputs[0]!.shape);
  return [spread(inputs[0]!, inputs[1]!, mul(gradients[0]!, 1 / count)), undefined];
});

function reduce(operator: Operator, x: Value, axes: readonly number[] | undefined, keepDims: boolean): Value {
  const all = axes ?? x.shape.map((_, i) => i);
  // ONNX reads an empty list of axes as all of them.
  if (all.length === 0) return x;
  return x.graph.apply(operator, [x, x.graph.integers(all)], { keepdims: keepDims ? 1 : 0 })[0]!;
}

/** Sum over `axes` (all when left out). */
export function reduceSum(x: Value, axes?: readonly number[], keepDims = false): Value {
  return reduce(reduceSumOperator, x, axes, keepDims);
}

/** Mean over `axes` (all when left out). */
export function reduceMean(x: Value, axes?: readonly number[], keepDims = false): Value {
  return reduce(reduceMeanOperator, x, axes, keepDims);
}

/** `sum(x * x)` over everything, a scalar. */
export function sumOfSquares(x: Value): Value {
  return reduceSum(mul(x, x));
}

const softmaxOperator: Operator = {
  type: "Softmax",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  gradient: (context) => {
    const dy = context.gradients[0]!;
    return [mul(context.outputs[0]!, sub(dy, rowDots(dy, context)))];
  },
};

/**
 * `sum(dy * y)` of each row. In attention, where `dy = do v^T` comes from `o = y v`, that is `sum(do * o)`, over rows as
 * short as a head is wide instead of as long as there are tokens (as FlashAttention does).
 */
function rowDots(dy: Value, { outputs, node, again }: GradientContext): Value {
  const [y] = outputs as [Value];
  const [outer, turned] = dy.node?.operator.type === "MatMul" ? dy.node.inputs : [];
  const product =
    turned &&
    y.graph.nodes.find(({ operator, inputs: [a, b] }) => {
      return operator.type === "MatMul" && a === node.outputs[0] && transpose(again(b!)) === turned;
    });
  const output = product && again(product.outputs[0]!);
  if (outer && output && output.shape.at(-1)! < y.shape.at(-1)!) {
    return reduceSum(mul(outer, output), [-1], true);
  }
  return reduceSum(mul(dy, y), [-1], true);
}

/** Softmax over the last axis. */
export function softmax(x: Value): Value {
  return x.graph.apply(softmaxOperator, [x], { axis: -1 })[0]!;
}
