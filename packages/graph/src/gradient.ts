import { LoratError } from "./errors.ts";
import { type Node, reachableNodes, type Value } from "./graph.ts";
import { add } from "./ops/elementwise.ts";
import { Recomputation, type Recomputed } from "./rewrites/recompute.ts";
import { sizeOf } from "./shape.ts";

/** How gradients are taken. */
export interface GradientOptions {
  /** Which outputs of forward nodes are computed again where gradients need them, as late as that; default: none. */
  readonly recomputed?: Recomputed;
}

/**
 * Reverse-mode gradients of a scalar, as new values in the same graph.
 *
 * Only what lies between `parameters` and `loss` is differentiated, so frozen weights cost nothing. A parameter that
 * the loss does not depend on gets zeros. With `recomputed` the same numbers take less memory and more time. Throws
 * `GRADIENT_SCALAR` when `loss` has more than one element, `GRADIENT_MISSING` when an operator on the way has no gradient.
 */
export function gradient(loss: Value, parameters: readonly Value[], options: GradientOptions = {}): Value[] {
  if (sizeOf(loss.shape) !== 1) {
    throw new LoratError("GRADIENT_SCALAR", `only a scalar has a gradient, ${loss.name} is [${loss.shape}]`);
  }
  return vectorJacobianProduct([loss], [loss.graph.filled(1, loss.shape)], parameters, options);
}

/** Gradients of `sum(outputs * seeds)` with respect to `parameters`: {@link gradient} from any starting point. */
export function vectorJacobianProduct(
  outputs: readonly Value[],
  seeds: readonly Value[],
  parameters: readonly Value[],
  { recomputed = () => false }: GradientOptions = {},
): Value[] {
  const { graph } = outputs[0]!;
  const nodes = reachableNodes(outputs);
  const onPath = dependents(nodes, parameters);
  const recomputation = new Recomputation(recomputed, dependents(nodes, [...graph.inputs.values()]));
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
    const after = incoming.find((g) => g !== undefined)!;
    const again = (value: Value) => recomputation.again(value, after);
    const parts = graph.scope("gradient", () =>
      node.operator.gradient!({
        inputs: node.inputs.map(again),
        outputs: node.outputs.map(again),
        attributes: node.attributes,
        gradients: incoming,
        wanted,
      }),
    );
    node.inputs.forEach((input, i) => {
      const part = parts[i];
      if (wanted[i] && part) accumulate(input, part);
    });
  }
  return parameters.map((parameter) => gradients.get(parameter) ?? graph.filled(0, parameter.shape));
}

/** The values through which any of `sources` reaches the outputs of `nodes`. */
function dependents(nodes: readonly Node[], sources: readonly Value[]): Set<Value> {
  const found = new Set<Value>(sources);
  for (const node of nodes) {
    if (node.inputs.some((input) => found.has(input))) {
      for (const output of node.outputs) found.add(output);
    }
  }
  return found;
}
