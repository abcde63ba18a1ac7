import type { Value } from "../graph.ts";
import { add, erf, geluOperator, mul } from "../ops/elementwise.ts";
import { cast } from "../ops/layout.ts";
import { constantIntegers } from "../ops/operand.ts";
import { reduceMeanOperator, reduceSum } from "../ops/reduce.ts";
import { sizeOf } from "../shape.ts";
import { scalar } from "../tensor.ts";
import { lowered } from "./lower.ts";
import { rewrite } from "./rewrite.ts";

/** The oldest set of operators that graphs can be written for. */
export const oldestOpset = 17;

/**
 * The same outputs by operators that stand in opset {@link oldestOpset} already and have not changed since: Gelu (20) is written out by
 * Erf, which runtimes fuse again, and ReduceMean, whose axes were an attribute up to 17, by ReduceSum.
 */
export function forOldestOpset(outputs: Readonly<Record<string, Value>>): Record<string, Value> {
  return rewrite(lowered(outputs), (node, inputs) => {
    const [x, axes] = inputs;
    if (node.operator === geluOperator) {
      const of = (value: number) => number(x!, value);
      return [mul(mul(x!, add(erf(mul(x!, of(Math.SQRT1_2))), of(1))), of(0.5))];
    }
    if (node.operator === reduceMeanOperator) {
      const count = sizeOf(x!.shape) / sizeOf(node.outputs[0]!.shape);
      const sum = reduceSum(x!, constantIntegers(axes!), node.attributes.keepdims === 1);
      return [mul(sum, number(x!, 1 / count))];
    }
    return undefined;
  });
}

/** A number of the same type as `x`. */
function number({ graph, dtype }: Value, value: number): Value {
  const single = graph.constant(scalar(value));
  return dtype === "float32" ? single : cast(single, dtype);
}
