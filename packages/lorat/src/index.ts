/**
 * lorat for Node: models by name, frames out of videos and folders, training data, training.
 */
export * from "@lorat/core";
export { runSequence, type SequenceRun, scoreSequence } from "./evaluation/one-pass.ts";
export { listSequences, type Sequence } from "./evaluation/sequence.ts";
export { type FrameSource, openFrames } from "./media/frame-source.ts";
export { loadModel, loadTracker } from "./models/load-tracker.ts";
export { type ModelRow, modelRow, modelTable } from "./models/model-table.ts";
export { saveModel } from "./models/save-model.ts";
export { fromScratchMix, type MixConfig, referenceMix } from "./sampling/mix.ts";
export { listCheckpoints, readCheckpoint } from "./trainer/checkpoint.ts";
export { defineRun, parseRunConfig } from "./trainer/config/parse.ts";
export { exportRun } from "./trainer/export.ts";
export { exportOnnx, type OnnxExportOptions } from "./trainer/export-onnx.ts";
export { exportTrained } from "./trainer/export-trained.ts";
export { type PresetOptions, presetNamed } from "./trainer/presets/index.ts";
export { cropGeometry, type RunConfig } from "./trainer/run-config.ts";
export { type TrainOptions, type TrainResult, train } from "./trainer/train.ts";
export { type ReplayResult, replayRecord, type StageDifference } from "./verify/replay.ts";
