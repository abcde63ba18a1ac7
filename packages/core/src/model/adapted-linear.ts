import { add, linear, mul, type Value } from "@lorat/graph";
import { type Adaptation, loraScaling } from "./config.ts";
import type { ParameterScope } from "./scope.ts";

/**
 * A linear layer of a block, with a LoRA adapter when `adapted` (specification section 1.6):
 * `y = W x + b + ((x A^T) B^T) s`. x: `[..., inputs]`; the result `[..., outputs]`.
 * An adapted layer keeps its frozen weight under `linear.`, its adapter under `lora.`.
 */
export function adaptedLinear(
  x: Value,
  at: ParameterScope,
  outputs: number,
  adaptation: Adaptation,
  adapted: boolean,
): Value {
  const inputs = x.shape.at(-1)!;
  if (adaptation.kind !== "lora" || !adapted) {
    return linear(x, at.parameter("weight", [outputs, inputs]), at.parameter("bias", [outputs]));
  }
  const frozen = at.child("linear");
  const lora = at.child("lora");
  const base = linear(x, frozen.parameter("weight", [outputs, inputs]), frozen.parameter("bias", [outputs]));
  const down = linear(x, lora.parameter("A", [adaptation.rank, inputs])); // [..., rank]
  const up = linear(down, lora.parameter("B", [outputs, adaptation.rank])); // [..., outputs]
  const scaling = loraScaling(adaptation);
  return add(base, scaling === 1 ? up : mul(up, scaling));
}
