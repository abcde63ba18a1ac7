import { reachableNodes, type Value } from "../graph.ts";
import { rewrite } from "./rewrite.ts";

/** Builds the same outputs by standard ONNX operators alone: writes out each that ONNX does not have (`Operator.lower`). */
export function lowered(outputs: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  const isStandard = reachableNodes(Object.values(outputs)).every(({ operator }) => !operator.lower);
  if (isStandard) return outputs;
  return rewrite(outputs, ({ operator, attributes }, inputs) => operator.lower?.(inputs, attributes));
}
