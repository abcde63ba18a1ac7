import type { Node, Operator, Value } from "../graph.ts";
import { cast } from "../ops/layout.ts";
import { operators } from "../ops/operators.ts";
import type { DType } from "../tensor.ts";
import { lowered } from "./lower.ts";
import { rewrite } from "./rewrite.ts";

/** Products are computed in half precision: they are where the time goes. */
const halfOperators = new Set<Operator>([operators.matmul, operators.conv, operators.convTranspose]);

/** Computed in single precision: sums over many numbers, and what is sensitive to rounding. */
const singleOperators = new Set<Operator>([
  operators.layerNorm,
  operators.softmax,
  operators.reduceSum,
  operators.reduceMean,
  operators.div,
  operators.sqrt,
  operators.log,
]);

/** Marks a place from which a graph is computed in single precision. */
const borderOperator: Operator = {
  type: "Identity",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  gradient: ({ gradients }) => [gradients[0]],
};

/** Marks a value from which {@link mixedPrecision} leaves the graph in single precision, such as what a loss reads. */
export function singleFromHere(x: Value): Value {
  return x.graph.apply(borderOperator, [x])[0]!;
}

/**
 * The same outputs in mixed precision, as PyTorch's autocast has it: products in
 * half; norms, softmax, sums and what follows {@link singleFromHere} in single; the rest in the wider type of what it is
 * given. Parameters and inputs stay in single precision and so do all outputs, gradients among them; numbers and vectors
 * follow what they are added to or multiplied with.
 */
export function mixedPrecision(outputs: Readonly<Record<string, Value>>): Record<string, Value> {
  const mixed = rewrite(lowered(outputs), (node, inputs) => {
    if (node.operator === borderOperator) return [cast(inputs[0]!, "float32")];
    const type = computedType(node, inputs);
    const given =
      type === undefined ? inputs : inputs.map((value) => (isFloat(value) ? cast(value, type) : value));
    return given[0]!.graph.apply(node.operator, given, node.attributes);
  });
  return Object.fromEntries(
    Object.entries(mixed).map(([name, value]) => [name, isFloat(value) ? cast(value, "float32") : value]),
  );
}

/** The type in which a node's floating inputs are brought together; undefined where it keeps its own (casts). */
function computedType(node: Node, inputs: readonly Value[]): DType | undefined {
  const { operator } = node;
  if (operator === operators.cast) return undefined;
  if (halfOperators.has(operator)) return "float16";
  if (singleOperators.has(operator)) return "float32";
  const floats = inputs.filter(isFloat);
  const strong = floats.filter((value) => !isWeak(value));
  const deciding = strong.length > 0 ? strong : floats;
  return deciding.some(({ dtype }) => dtype === "float32") ? "float32" : "float16";
}

/** Single numbers and vectors of parameters, chosen or not: they take the type of what they meet. */
function isWeak({ kind, shape, node }: Value): boolean {
  if (node?.operator === operators.where) return node.inputs.slice(1).every(isWeak);
  return (kind === "constant" && shape.length === 0) || (kind === "parameter" && shape.length <= 1);
}

function isFloat({ dtype }: Value): boolean {
  return dtype === "float32" || dtype === "float16";
}
