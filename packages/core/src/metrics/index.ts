export { type Bootstrap, bootstrapMeans, type Interval } from "./bootstrap.ts";
export { compatibleOnePass } from "./compatible.ts";
export { type ContinuousResult, type ContinuousScores, continuousOnePass } from "./continuous.ts";
export { type GroupScore, meanScore, weightOf } from "./mean-score.ts";
export {
  type AllScores,
  type Curves,
  meanCurves,
  NORMALISED_PRECISION_THRESHOLDS,
  PRECISION_THRESHOLDS,
  rowsOf,
  type Scores,
  type SequenceBoxes,
  type SequenceResult,
  SUCCESS_THRESHOLDS,
  scoresOf,
} from "./one-pass.ts";
export {
  type Conventions,
  conventionsOf,
  type FrameRule,
  PROTOCOL_NAMES,
  PROTOCOLS,
  type Protocol,
  type ProtocolName,
  protocolOf,
} from "./protocols.ts";
export { type SequenceColumns, type SequenceScore, scoreColumns, successThresholds } from "./score-frames.ts";
