export { compatibleOnePass } from "./compatible.ts";
export { type ContinuousResult, type ContinuousScores, continuousOnePass } from "./continuous.ts";
export {
  type Curves,
  meanCurves,
  NORMALISED_PRECISION_THRESHOLDS,
  PRECISION_THRESHOLDS,
  type Scores,
  type SequenceBoxes,
  type SequenceResult,
  SUCCESS_THRESHOLDS,
  scoresOf,
} from "./one-pass.ts";
