/**
 * LoRAT in Node and the browser: geometry, model, weights, tracking, training step, metrics.
 */
export { LoratError, type LoratErrorOptions } from "@lorat/graph";
export * from "./frames/index.ts";
export * from "./geometry/index.ts";
export * from "./graph-names.ts";
export {
  type Agreement,
  type CalibrationPair,
  type GuardModelOptions,
  type GuardResult,
  guardedLayers,
  guardModel,
  type MeasureAgreement,
  requiredAgreement,
} from "./guard.ts";
export * from "./loading/index.ts";
export * from "./metrics/index.ts";
export * from "./model/index.ts";
export * from "./precision/index.ts";
export * from "./random.ts";
export * from "./tracking/index.ts";
export * from "./training/index.ts";
export * from "./weights/index.ts";
