/**
 * What turns a raw score into the chance that its box is right: a logistic curve over the score's logit, two numbers a model.
 * Kept in the model's manifest by `lorat calibrate`.
 */
export interface ScoreCalibration {
  /** Above 0, so that the order of scores stays. */
  readonly slope: number;
  readonly offset: number;
}

/**
 * `sigmoid(slope * logit(score) + offset)`: never falls as `score` rises, and stays in `[0, 1]`. NaN gives 0; without a
 * calibration the score is given back.
 */
export function calibratedScore(score: number, calibration?: ScoreCalibration): number {
  if (Number.isNaN(score)) return 0;
  if (!calibration) return score;
  const logit = Math.log(score / (1 - score));
  return 1 / (1 + Math.exp(-(calibration.slope * logit + calibration.offset)));
}
