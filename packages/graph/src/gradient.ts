import { LoratError } from "./errors.ts";
import { type Node, reachableNodes, type Value } from "./graph.ts";
import { add } from "./ops/elementwise.ts";
import { sizeOf } from "./shape.ts";

/**
 * Reverse-mode gradients of a scalar, as new values in the same graph.
 *
 * Only what lies between `parameters` and `loss` is differentiated, so frozen weights cost nothing. A parameter that
 * the loss does not depend on gets zeros. Throws `GRADIENT_SCALAR` when `loss` has more than one element,
 * `GRADIENT_MISSING` when an operator on the way has no gradient.
 */
export function gradient(loss: Value, parameters: readonly Value[]): Value[] {
  if (sizeOf(loss.shape) !== 1) {
    throw new LoratError("GRADIENT_SCALAR", `only a scalar has a gradient, ${loss.name} is [${loss.shape}]`);
  }
  return vectorJacobianProduct([loss], [loss.graph.filled(1, loss.shape)], parameters);
}

/** Gradients of `sum(outputs * seeds)` with respect to `parameters`: {@link gradient} from any starting point. */
export function vectorJacobianProduct(
  outputs: readonly Value[],
  seeds: readonly Value[],
  parameters: readonly Value[],
): Value[] {
  const { graph } = outputs[0]!;
  const nodes = reachableNodes(outputs);
  const onPath = dependents(nodes, parameters);
  const gradients = new Map<Value, Value>();
  const accumulate = (value: Value, part: Value) => {
    const sum = gradients.get(value);
    gradients.set(value, sum ? add(sum, part) : part);
  };
  outputs.forEach((output, i) => {
    accumulate(output, seeds[i]!);
  });
  for (const node of nodes.reverse()) {
    const incoming = node.outputs.map((output) => gradients.get(output));
    const wanted = node.inputs.map((input) => onPath.has(input));
    if (incoming.every((g) => g === undefined) || !wanted.includes(true)) continue;
    if (!node.operator.gradient) {
      throw new LoratError("GRADIENT_MISSING", `${node.operator.type} (${node.name}) has no gradient`);
    }
    const { inputs, outputs, attributes } = node;
    const parts = graph.scope("gradient", () =>
      node.operator.gradient!({ inputs, outputs, attributes, gradients: incoming, wanted }),
    );
    node.inputs.forEach((input, i) => {
      const part = parts[i];
      if (wanted[i] && part) accumulate(input, part);
    });
  }
  return parameters.map((parameter) => gradients.get(parameter) ?? graph.filled(0, parameter.shape));
}

/** The values through which any of `parameters` reaches the outputs of `nodes`. */
function dependents(nodes: readonly Node[], parameters: readonly Value[]): Set<Value> {
  const found = new Set<Value>(parameters);
  for (const node of nodes) {
    if (node.inputs.some((input) => found.has(input))) {
      for (const output of node.outputs) found.add(output);
    }
  }
  return found;
}
