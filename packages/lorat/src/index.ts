/**
 * lorat for Node: a function for each thing that the command line does. The tracker's own types stand in `@lorat/core`, what scripts
 * build on below the verbs in `lorat/parts`.
 */
import { offerToUserModules } from "./files/user-module.ts";

export {
  type Box,
  type Frame,
  LoratError,
  type Target,
  type TargetState,
  type Tracker,
  type TrackResult,
} from "@lorat/core";
export { type CompareOptions, compare } from "./evaluate/compare/compare.ts";
export type { Comparison } from "./evaluate/compare/comparison.ts";
export { type EvaluateOptions, type Evaluation, evaluate } from "./evaluate/run/evaluate.ts";
export { type ScoreOptions, score } from "./evaluate/score/score.ts";
export type { TrackerScore } from "./evaluate/score/score-tracker.ts";
export type { FrameSource } from "./media/frame-source.ts";
export { openFrames } from "./media/open-frames.ts";
export { type CalibrateOptions, type CalibrationResult, calibrate } from "./models/calibrate/calibrate.ts";
export { convert } from "./models/convert/convert.ts";
export type { ConvertOptions, ConvertResult } from "./models/convert/convert-model.ts";
export { exportRun } from "./models/export/export.ts";
export { exportOnnx, type OnnxExportOptions } from "./models/export/export-onnx.ts";
export { type Pulled, type PullOptions, pull } from "./models/pull/pull.ts";
export { type QuantiseResult, quantise } from "./models/quantise/quantise.ts";
export { type ReplayResult, replayRecord } from "./models/verify/replay.ts";
export { defineRun } from "./runs/config/parse.ts";
export type { RunConfig } from "./runs/run-config.ts";
export type { Difficulty } from "./synth/difficulty.ts";
export { type SynthClip, type SynthOptions, synthesise } from "./synth/synthesise.ts";
export { type WrittenSequence, writeSequence } from "./synth/write-sequence.ts";
export {
  type TrackedBox,
  type TrackedBoxes,
  type TrackOptions,
  track,
  type VideoInput,
} from "./track/track.ts";
export { type LoadOptions, loadModel, loadTracker } from "./trackers/model/load-tracker.ts";
export { parseTracker, type TrackerSpec } from "./trackers/tracker-spec.ts";
export { type FinetuneOptions, type FinetuneResult, finetune } from "./train/finetune/finetune.ts";
export { type PresetOptions, presetNamed } from "./train/presets/index.ts";
export type { TrainResult } from "./train/run-loop.ts";
export { type TrainOptions, train } from "./train/train.ts";

offerToUserModules("lorat", () => import("./index.ts"));
offerToUserModules("lorat/parts", () => import("./parts.ts"));
