/**
 * lorat for Node: models by name, frames out of videos and folders, training data, training.
 */
export * from "@lorat/core";
export { ABLATIONS, type AblationName, type AblationRow, ablationRows } from "./ablate/rows.ts";
export { type AblationOptions, runAblation } from "./ablate/run-ablation.ts";
export { type AblationResult, type RowSummary, summaryTable } from "./ablate/summary.ts";
export { type Dataset, type DatasetSequence, datasetOf, openDataset } from "./datasets/index.ts";
export type { AnnotatedSequence, AnnotationSet } from "./evaluation/annotations/annotation-set.ts";
export { openAnnotations } from "./evaluation/annotations/open-annotations.ts";
export {
  type ExportFormat,
  type ExportInput,
  exportArchives,
  frameCsv,
  votRectangle,
  writeArchives,
} from "./evaluation/exports/index.ts";
export { runSequence, type SequenceRun, scoreSequence } from "./evaluation/one-pass.ts";
export { meanAuc, type ProceduralTrial, runProcedural } from "./evaluation/procedural.ts";
export {
  type ProceduralReportOptions,
  type ProceduralRow,
  proceduralReport,
} from "./evaluation/procedural-report.ts";
export { proceduralTable } from "./evaluation/procedural-table.ts";
export { openResults, type TrackerResults } from "./evaluation/results/open-results.ts";
export {
  type EvaluateOptions,
  type Evaluation,
  evaluate,
} from "./evaluation/run/evaluate.ts";
export { type EvalSet, openEvalSet } from "./evaluation/run/open-eval-set.ts";
export { type RunScore, scoreRun } from "./evaluation/run/score-run.ts";
export { parseTracker, type TrackerSpec } from "./evaluation/run/tracker-spec.ts";
export { type ScoreJson, scoreJson } from "./evaluation/score/score-json.ts";
export { scoreTable } from "./evaluation/score/score-table.ts";
export { scoreTracker, type TrackerScore } from "./evaluation/score/score-tracker.ts";
export { listSequences, type Sequence } from "./evaluation/sequence.ts";
export { type Stretch, scoreStretch, scoreStretches, stretchOf } from "./evaluation/track-object.ts";
export { type FinetuneOptions, type FinetuneResult, finetune } from "./finetune/finetune.ts";
export { type FrameSource, openFrames } from "./media/frame-source.ts";
export { loadModel, loadTracker } from "./models/load-tracker.ts";
export { type ModelRow, modelRow, modelTable } from "./models/model-table.ts";
export { saveModel } from "./models/save-model.ts";
export { type QuantiseResult, quantise } from "./quantise/quantise.ts";
export { fromScratchMix, type MixConfig, referenceMix } from "./sampling/mix.ts";
export { DIFFICULTIES, type Difficulty } from "./synth/difficulty.ts";
export { listCheckpoints, readCheckpoint } from "./trainer/checkpoint.ts";
export { defineRun, parseRunConfig } from "./trainer/config/parse.ts";
export { exportRun } from "./trainer/export.ts";
export { exportOnnx, type OnnxExportOptions } from "./trainer/export-onnx.ts";
export { exportTrained } from "./trainer/export-trained.ts";
export { type PresetOptions, presetNamed } from "./trainer/presets/index.ts";
export { cropGeometry, type RunConfig } from "./trainer/run-config.ts";
export { type TrainOptions, type TrainResult, train } from "./trainer/train.ts";
export { type ReplayResult, replayRecord, type StageDifference } from "./verify/replay.ts";
