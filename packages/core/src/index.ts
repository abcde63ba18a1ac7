/**
 * LoRAT in Node and the browser: load a tracker, start a target, track it. What builds on its parts stands under `/model`, `/weights`,
 * `/training`, `/metrics` and `/geometry`; what pages set under `/web`.
 */
export { type ConcreteDevice, type Device, LoratError, type LoratErrorOptions } from "@lorat/graph";
export type { FrameInput, Pixels, SharpOutput } from "./frames/frame-input.ts";
export { toFrame } from "./frames/to-frame.ts";
export type { Box, Corners } from "./geometry/box.ts";
export type { Frame, Size } from "./geometry/frame.ts";
export { loadModel } from "./loading/load-model.ts";
export type { FetchOptions, LoadProgress } from "./loading/load-options.ts";
export { type LoadTrackerOptions, loadTracker } from "./loading/load-tracker.ts";
export type { FileContent, FolderHandle, ModelFiles, ModelSource } from "./loading/model-source.ts";
export type { Precision } from "./precision/precision.ts";
export type { ScoreCalibration } from "./tracking/calibration.ts";
export { type LoopSettings, referenceLoop } from "./tracking/loop.ts";
export type { Model } from "./tracking/network.ts";
export type { RedetectOptions } from "./tracking/redetection.ts";
export type { StateOptions } from "./tracking/state.ts";
export type { TrackerOptions } from "./tracking/tracker.ts";
export type { Target, TargetState, Tracker, TrackResult } from "./tracking/types.ts";
