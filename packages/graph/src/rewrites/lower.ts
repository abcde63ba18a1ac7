import { reachableNodes, type Value } from "../graph.ts";
import { rewrite } from "./rewrite.ts";

/** The same outputs by standard ONNX operators alone: each that ONNX does not have is written out (`Operator.lower`). */
export function lowered(outputs: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  const isStandard = reachableNodes(Object.values(outputs)).every(({ operator }) => !operator.lower);
  if (isStandard) return outputs;
  return rewrite(outputs, ({ operator, attributes }, inputs) => operator.lower?.(inputs, attributes));
}
