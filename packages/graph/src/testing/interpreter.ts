import { type Node, reachableNodes, type Value } from "../graph.ts";
import { lowered } from "../rewrites/lower.ts";
import { elementwiseKernels } from "./kernels/elementwise.ts";
import type { Kernel } from "./kernels/kernel.ts";
import { layoutKernels } from "./kernels/layout.ts";
import { productKernels } from "./kernels/product.ts";
import { reductionKernels } from "./kernels/reduction.ts";
import type { Tensor64 } from "./tensor64.ts";

const kernels: Readonly<Record<string, Kernel>> = {
  ...elementwiseKernels,
  ...layoutKernels,
  ...productKernels,
  ...reductionKernels,
};

/**
 * Computes outputs of a graph in float64, by the ONNX definition of each operator and nothing that the package
 * derives itself: the shape that each node was given when the graph was built is checked on the way.
 * `feeds` holds inputs and parameters by name.
 */
export function evaluate(
  outputs: Readonly<Record<string, Value>>,
  feeds: ReadonlyMap<string, Tensor64>,
): Record<string, Tensor64> {
  const values = new Map<Value, Tensor64>();
  const lookup = (value: Value): Tensor64 => {
    const known = values.get(value) ?? leaf(value, feeds);
    values.set(value, known);
    return known;
  };
  const standard = lowered(outputs);
  for (const node of reachableNodes(Object.values(standard))) {
    const results = run(node, node.inputs.map(lookup));
    node.outputs.forEach((output, i) => {
      values.set(output, shaped(results[i], output));
    });
  }
  return Object.fromEntries(Object.entries(standard).map(([name, value]) => [name, lookup(value)]));
}

function run(node: Node, inputs: readonly Tensor64[]): Tensor64[] {
  const kernel = kernels[node.operator.type];
  if (!kernel) throw new Error(`the interpreter has no operator ${node.operator.type}`);
  return kernel(inputs, node.attributes);
}

function leaf(value: Value, feeds: ReadonlyMap<string, Tensor64>): Tensor64 {
  if (value.tensor) return { shape: value.shape, data: Float64Array.from(value.tensor.data, Number) };
  return shaped(feeds.get(value.name), value);
}

function shaped(tensor: Tensor64 | undefined, value: Value): Tensor64 {
  if (!tensor) throw new Error(`${value.name} has no value`);
  if (`${tensor.shape}` !== `${value.shape}`) {
    throw new Error(`${value.name} is [${tensor.shape}], the graph says [${value.shape}]`);
  }
  return tensor;
}
