import { iou, isValidBox, toCorners } from "../geometry/box.ts";
import {
  checkSequence,
  curve,
  mean,
  NORMALISED_PRECISION_THRESHOLDS,
  PRECISION_THRESHOLDS,
  type Scores,
  type SequenceBoxes,
  type SequenceResult,
  SUCCESS_THRESHOLDS,
  scoresOf,
} from "./one-pass.ts";

/** {@link Scores} with the average overlap. */
export interface ContinuousScores extends Scores {
  /** Average overlap: the mean IoU, misses as 0. */
  readonly ao: number;
}

/** {@link SequenceResult} of the continuous convention. */
export interface ContinuousResult extends SequenceResult {
  readonly scores: ContinuousScores;
}

/**
 * One-pass evaluation with boxes as continuous rectangles.
 *
 * Frames whose true box is not a proper one, or that are flagged absent, are left out of every figure (their `overlaps` are
 * NaN); success counts overlaps at or above a threshold, and no overlap at all is a miss at threshold 0 too. A sequence
 * without a single valid frame scores NaN. Throws `METRICS_EMPTY`, `METRICS_LENGTH`. Source: specification 5.3.
 */
export function continuousOnePass(boxes: SequenceBoxes): ContinuousResult {
  checkSequence(boxes);
  const overlaps: number[] = [];
  const errors: number[] = [];
  const normalisedErrors: number[] = [];
  for (const [i, trueBox] of boxes.truth.entries()) {
    const g = toCorners(trueBox);
    if (!isValidBox(g) || boxes.visible?.[i] === false) {
      overlaps.push(Number.NaN);
      continue;
    }
    const p = toCorners(boxes.predicted[i]!);
    if (!isValidBox(p)) {
      overlaps.push(-1);
      errors.push(Number.POSITIVE_INFINITY);
      normalisedErrors.push(Number.POSITIVE_INFINITY);
      continue;
    }
    const dx = (p[0] + p[2] - g[0] - g[2]) / 2;
    const dy = (p[1] + p[3] - g[1] - g[3]) / 2;
    overlaps.push(iou(p, g));
    errors.push(Math.hypot(dx, dy));
    normalisedErrors.push(Math.hypot(dx / (g[2] - g[0]), dy / (g[3] - g[1])));
  }
  const counted = overlaps.filter((overlap) => !Number.isNaN(overlap));
  const within = (error: number, threshold: number) => error <= threshold;
  const curves = {
    success: curve(counted, SUCCESS_THRESHOLDS, (overlap, threshold) => overlap > 0 && overlap >= threshold),
    precision: curve(errors, PRECISION_THRESHOLDS, within),
    normalisedPrecision: curve(normalisedErrors, NORMALISED_PRECISION_THRESHOLDS, within),
  };
  const ao = mean(counted.map((overlap) => Math.max(overlap, 0)));
  return { curves, scores: { ...scoresOf(curves), ao }, overlaps };
}
