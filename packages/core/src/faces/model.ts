/**
 * `@lorat/core/model`: the network as graphs, its variants and precisions, and the tracker's parts, for those who build on them.
 */
export { inputNames, outputNames } from "../graph-names.ts";
export {
  type Agreement,
  type CalibrationPair,
  type GuardModelOptions,
  type GuardResult,
  guardedLayers,
  guardModel,
  type MeasureAgreement,
  requiredAgreement,
} from "../guard.ts";
export { modelOf, type OpenedModel, openModel, storedWeights } from "../loading/load-model.ts";
export { bundledModels } from "../loading/place.ts";
export * from "../model/index.ts";
export * from "../precision/index.ts";
export { calibratedScore } from "../tracking/calibration.ts";
export { type NetworkRunOptions, TrackingNetwork } from "../tracking/network.ts";
export type { Maps, PostprocessOptions } from "../tracking/postprocess.ts";
export { defaultPresence, type Evidence, PresenceModel, type PresenceWeights } from "../tracking/presence.ts";
export { defaultReferenceRule, type ReferenceRule } from "../tracking/reference.ts";
export type { CreateSession, RunnableSession } from "../tracking/renewable-session.ts";
export { initialState, type StateMemory, updateState } from "../tracking/state.ts";
export { createTracker } from "../tracking/tracker.ts";
