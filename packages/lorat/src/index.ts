/**
 * lorat for Node: models by name, frames out of videos and folders, training data, training.
 */
import { offerToUserModules } from "./files/user-module.ts";

export * from "@lorat/core";
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
export {
  type EvaluateOptions,
  type Evaluation,
  evaluate,
} from "./evaluate/run/evaluate.ts";
export { type RunScore, scoreRun } from "./evaluate/run/score-run.ts";
export { type ScoreJson, scoreJson } from "./evaluate/score/score-json.ts";
export { scoreTable } from "./evaluate/score/score-table.ts";
export { scoreTracker, type TrackerScore } from "./evaluate/score/score-tracker.ts";
export type { FrameSource } from "./media/frame-source.ts";
export { openFrames } from "./media/open-frames.ts";
export { exportRun } from "./models/export/export.ts";
export { exportOnnx, type OnnxExportOptions } from "./models/export/export-onnx.ts";
export { exportTrained } from "./models/export/export-trained.ts";
export { type ModelRow, modelRow, modelTable } from "./models/model-table.ts";
export { type Pulled, type PullOptions, pull } from "./models/pull/pull.ts";
export { type QuantiseResult, quantise } from "./models/quantise/quantise.ts";
export { saveModel } from "./models/save-model.ts";
export { type ReplayResult, replayRecord, type StageDifference } from "./models/verify/replay.ts";
export { listCheckpoints, readCheckpoint } from "./runs/checkpoint.ts";
export { defineRun, parseRunConfig } from "./runs/config/parse.ts";
export { cropGeometry, type RunConfig } from "./runs/run-config.ts";
export { fromScratchMix, type MixConfig, referenceMix } from "./sampling/mix.ts";
export { DIFFICULTIES, type Difficulty } from "./synth/difficulty.ts";
export { loadModel, loadTracker } from "./trackers/model/load-tracker.ts";
export {
  runSequence,
  type Segment,
  type SequenceRun,
  scoreSegment,
  scoreSegments,
  scoreSequence,
  segmentOf,
} from "./trackers/one-pass.ts";
export { parseTracker, type TrackerSpec } from "./trackers/tracker-spec.ts";
export { ABLATIONS, type AblationName, type AblationRow, ablationRows } from "./train/ablate/rows.ts";
export { type AblationOptions, runAblation } from "./train/ablate/run-ablation.ts";
export { type AblationResult, type RowSummary, summaryTable } from "./train/ablate/summary.ts";
export { type FinetuneOptions, type FinetuneResult, finetune } from "./train/finetune/finetune.ts";
export { type PresetOptions, presetNamed } from "./train/presets/index.ts";
export { type TrainOptions, type TrainResult, train } from "./train/train.ts";

offerToUserModules("lorat", () => import("./index.ts"));
