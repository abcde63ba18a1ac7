import type { Value } from "../graph.ts";
import { abs, add, div, maximum } from "../ops/elementwise.ts";
import { cast, reshape, transpose } from "../ops/layout.ts";
import { round, rowMaximum } from "./operators.ts";
import { largestLevel, type WeightLevels, zeroOf } from "./weight-levels.ts";

/** The scale of a column of zeros: any number that can be divided by. */
const smallestScale = 1e-30;

/**
 * A weight `[inputs, outputs]` as `(levels - zero) * scale`: 8 bits of the same shape, float32 `[outputs]`. The largest
 * magnitude of a column is its largest level, so no number moves by more than half the scale of its column.
 */
export function quantisedColumns(weight: Value, type: WeightLevels): { levels: Value; scale: Value } {
  const rows = transpose(weight); // [outputs, inputs]
  const scale = maximum(div(rowMaximum(abs(rows)), largestLevel), smallestScale); // [outputs, 1]
  const centred = round(div(rows, scale));
  const levels = cast(type === "int8" ? centred : add(centred, zeroOf.uint8), type);
  return { levels: transpose(levels), scale: reshape(scale, [weight.shape[1]!]) };
}
