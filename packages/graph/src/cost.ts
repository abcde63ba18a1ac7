import { reachableNodes, type Value } from "./graph.ts";
import { sizeOf } from "./shape.ts";
import { bytesPerElement } from "./tensor.ts";

/** What a graph costs to run once. */
export interface Cost {
  /** Multiply-accumulates of matrix products and convolutions; elementwise work is not counted. */
  readonly macs: number;
  /** Elements of the parameters that the outputs depend on. */
  readonly parameters: number;
  /** Bytes of the same. */
  readonly parameterBytes: number;
}

/** Counts what computing `outputs` takes, from the very graph that runs. */
export function cost(outputs: Iterable<Value>): Cost {
  const list = [...outputs];
  let macs = 0;
  const parameters = new Set<Value>();
  const note = (value: Value) => {
    if (value.kind === "parameter") parameters.add(value);
  };
  list.forEach(note);
  for (const node of reachableNodes(list)) {
    macs += node.operator.macs?.(node.inputs, node.outputs, node.attributes) ?? 0;
    node.inputs.forEach(note);
  }
  let count = 0;
  let bytes = 0;
  for (const parameter of parameters) {
    const size = sizeOf(parameter.shape);
    count += size;
    bytes += size * bytesPerElement[parameter.dtype];
  }
  return { macs, parameters: count, parameterBytes: bytes };
}
