/**
 * `lorat/parts`: what scripts and experiments build on below the verbs: sequences and annotations, runs of trackers, tables, checkpoints.
 */
export type { AnnotatedSequence, AnnotationSet } from "./datasets/annotations/benchmark.ts";
export { openAnnotations } from "./datasets/annotations/open-annotations.ts";
export { type Dataset, type DatasetSequence, datasetOf, openDataset } from "./datasets/index.ts";
export { type EvalSet, openEvalSet } from "./datasets/open-eval-set.ts";
export { listSequences, type Sequence } from "./datasets/sequence.ts";
export {
  type ExportFormat,
  type ExportInput,
  exportArchives,
  frameCsv,
  votRectangle,
  writeArchives,
} from "./evaluate/exports/index.ts";
export { meanAuc, type ProceduralTrial, runProcedural } from "./evaluate/procedural/procedural.ts";
export {
  type ProceduralReportOptions,
  type ProceduralRow,
  proceduralReport,
} from "./evaluate/procedural/procedural-report.ts";
export { proceduralTable } from "./evaluate/procedural/procedural-table.ts";
export { openResults, type TrackerResults } from "./evaluate/results/open-results.ts";
export { type RunScore, scoreRun } from "./evaluate/run/score-run.ts";
export { type ScoreJson, scoreJson } from "./evaluate/score/score-json.ts";
export { scoreTable } from "./evaluate/score/score-table.ts";
export { scoreTracker } from "./evaluate/score/score-tracker.ts";
export { exportTrained } from "./models/export/export-trained.ts";
export { type ModelRow, modelRow, modelTable } from "./models/model-table.ts";
export { saveModel } from "./models/save-model.ts";
export type { StageDifference } from "./models/verify/replay.ts";
export { listCheckpoints, readCheckpoint } from "./runs/checkpoint.ts";
export { parseRunConfig } from "./runs/config/parse.ts";
export { cropGeometry } from "./runs/run-config.ts";
export { fromScratchMix, type MixConfig, referenceMix } from "./sampling/mix.ts";
export { DIFFICULTIES } from "./synth/difficulty.ts";
export {
  runSequence,
  type Segment,
  type SequenceRun,
  scoreSegment,
  scoreSegments,
  scoreSequence,
  segmentOf,
} from "./trackers/one-pass.ts";
export { ABLATIONS, type AblationName, type AblationRow, ablationRows } from "./train/ablate/rows.ts";
export { type AblationOptions, runAblation } from "./train/ablate/run-ablation.ts";
export { type AblationResult, type RowSummary, summaryTable } from "./train/ablate/summary.ts";
