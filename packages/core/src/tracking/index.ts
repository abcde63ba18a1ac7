export { calibratedScore, type ScoreCalibration } from "./calibration.ts";
export { type LoopSettings, referenceLoop } from "./loop.ts";
export { type Model, type NetworkRunOptions, TrackingNetwork } from "./network.ts";
export type { Maps, PostprocessOptions } from "./postprocess.ts";
export {
  defaultPresence,
  type Evidence,
  PresenceModel,
  type PresenceWeights,
} from "./presence.ts";
export type { RedetectOptions } from "./redetection.ts";
export type { CreateSession, RunnableSession } from "./renewable-session.ts";
export { initialState, type StateMemory, type StateOptions, updateState } from "./state.ts";
export { createTracker, type TrackerOptions } from "./tracker.ts";
export type * from "./types.ts";
