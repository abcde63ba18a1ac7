/** 0, 0.05, ..., 1: overlaps at which success is counted. */
export const SUCCESS_THRESHOLDS: readonly number[] = Array.from({ length: 21 }, (_, i) => i / 20);
/** 0, 1, ..., 50: centre errors in pixels at which precision is counted. */
export const PRECISION_THRESHOLDS: readonly number[] = Array.from({ length: 51 }, (_, i) => i);
/** 0, 0.01, ..., 0.5: centre errors, in sides of the target, at which normalised precision is counted. */
export const NORMALISED_PRECISION_THRESHOLDS: readonly number[] = Array.from(
  { length: 51 },
  (_, i) => i / 100,
);

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

/** The arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
