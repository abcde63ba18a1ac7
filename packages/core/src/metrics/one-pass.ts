import { LoratError } from "@lorat/graph";
import type { Box } from "../geometry/box.ts";
import type { SequenceColumns } from "./score-frames.ts";

/** 0, 0.05, ..., 1: overlaps at which success is counted. */
export const SUCCESS_THRESHOLDS: readonly number[] = Array.from({ length: 21 }, (_, i) => i / 20);
/** 0, 1, ..., 50: centre errors in pixels at which precision is counted. */
export const PRECISION_THRESHOLDS: readonly number[] = Array.from({ length: 51 }, (_, i) => i);
/** 0, 0.01, ..., 0.5: centre errors, in sides of the target, at which normalised precision is counted. */
export const NORMALISED_PRECISION_THRESHOLDS: readonly number[] = Array.from(
  { length: 51 },
  (_, i) => i / 100,
);

/** One tracker's boxes on one sequence, beside the truth; one entry a frame, the first frame included. */
export interface SequenceBoxes {
  readonly predicted: readonly Box[];
  /** NaN or empty boxes where the target is absent. */
  readonly truth: readonly Box[];
  /** False where the data set flags the target as absent; default all true. */
  readonly visible?: readonly boolean[];
}

/** Shares of frames in [0, 1] against each threshold. */
export interface Curves {
  /** Against {@link SUCCESS_THRESHOLDS}. */
  readonly success: readonly number[];
  /** Against {@link PRECISION_THRESHOLDS}. */
  readonly precision: readonly number[];
  /** Against {@link NORMALISED_PRECISION_THRESHOLDS}. */
  readonly normalisedPrecision: readonly number[];
}

/** The figures that are reported, all in [0, 1]. */
export interface Scores {
  /** Area under the success curve: the mean of its values; also called SUC. */
  readonly auc: number;
  /** Precision at 20 pixels. */
  readonly precision: number;
  /** Normalised precision at 0.2. */
  readonly normalisedPrecision: number;
  /** Success at an overlap of 0.5 and 0.75. */
  readonly sr50: number;
  readonly sr75: number;
}

/** {@link Scores} with the average overlap. */
export interface AllScores extends Scores {
  /** Average overlap: the mean IoU, misses as 0. */
  readonly ao: number;
}

/** One-pass evaluation of one sequence. */
export interface SequenceResult {
  readonly curves: Curves;
  readonly scores: Scores;
  /** Overlap of each frame, -1 where a frame counts as a miss whatever the threshold. */
  readonly overlaps: readonly number[];
}

/** The scores that are read off the curves. */
export function scoresOf({ success, precision, normalisedPrecision }: Curves): Scores {
  return {
    auc: mean(success),
    precision: precision[20]!,
    normalisedPrecision: normalisedPrecision[20]!,
    sr50: success[(success.length - 1) * 0.5]!,
    sr75: success[(success.length - 1) * 0.75]!,
  };
}

/** Curves of a data set: the mean of its sequences' curves. Throws `METRICS_EMPTY` without any. */
export function meanCurves(sequences: readonly { readonly curves: Curves }[]): Curves {
  const [first] = sequences;
  if (!first) throw new LoratError("METRICS_EMPTY", "a mean over sequences needs at least one sequence");
  const average = (key: keyof Curves) =>
    first.curves[key].map((_, i) => mean(sequences.map(({ curves }) => curves[key][i]!)));
  return {
    success: average("success"),
    precision: average("precision"),
    normalisedPrecision: average("normalisedPrecision"),
  };
}

/** The arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Boxes as columns. */
export function columnsOf({ predicted, truth, visible }: SequenceBoxes): SequenceColumns {
  return {
    predicted: rowsOf(predicted),
    truth: rowsOf(truth),
    visible: visible && Uint8Array.from(visible, (seen) => (seen ? 1 : 0)),
  };
}

/** `x, y, width, height` one after the other: `[boxes, 4]`. */
export function rowsOf(boxes: readonly Box[]): Float64Array {
  const rows = new Float64Array(boxes.length * 4);
  boxes.forEach(({ x, y, width, height }, i) => {
    rows[4 * i] = x;
    rows[4 * i + 1] = y;
    rows[4 * i + 2] = width;
    rows[4 * i + 3] = height;
  });
  return rows;
}
