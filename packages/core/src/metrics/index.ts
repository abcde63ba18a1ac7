export { type Bootstrap, bootstrapMeans, type Interval } from "./bootstrap.ts";
export {
  type AllScores,
  type Curves,
  NORMALISED_PRECISION_THRESHOLDS,
  PRECISION_THRESHOLDS,
  type Scores,
  SUCCESS_THRESHOLDS,
} from "./curves.ts";
export { type GroupScore, meanScore, weightOf } from "./mean-score.ts";
export {
  type ContinuousResult,
  type ContinuousScores,
  compatibleOnePass,
  continuousOnePass,
  rowsOf,
  type SequenceBoxes,
  type SequenceResult,
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
