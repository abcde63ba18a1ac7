/**
 * lorat for Node: models by name, frames out of videos and folders, training data, training.
 */
export * from "@lorat/core";
export { loadModel, loadTracker } from "./models/load-tracker.ts";
export { type ModelRow, modelRow, modelTable } from "./models/model-table.ts";
export { type RunConfig, cropGeometry } from "./trainer/run-config.ts";
export { train, type TrainOptions, type TrainResult } from "./trainer/train.ts";
export { replayRecord, type ReplayResult, type StageDifference } from "./verify/replay.ts";
export { type SequenceRun, runSequence, scoreSequence } from "./evaluation/one-pass.ts";
export { listSequences, type Sequence } from "./evaluation/sequence.ts";
export { type FrameSource, openFrames } from "./media/frame-source.ts";
export { exportRun } from "./trainer/export.ts";
export { saveModel } from "./models/save-model.ts";
