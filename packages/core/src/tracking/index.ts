export type { Model } from "./network.ts";
export { nextStateBox, type PostprocessOptions, Postprocessor, type Prediction } from "./postprocess.ts";
export { safeBox } from "./safe-box.ts";
export { initialState, type StateMemory, type StateOptions, updateState } from "./state.ts";
export { createTracker, type TrackerOptions } from "./tracker.ts";
export type * from "./types.ts";
