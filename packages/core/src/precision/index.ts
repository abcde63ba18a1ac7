export { atPrecision, type GraphWithWeights, type PrecisionOptions } from "./at-precision.ts";
export { agreementOf, type CalibrationPair, foundBoxes } from "./box-agreement.ts";
export {
  type Agreement,
  type GuardResult,
  guardedLayers,
  type MeasureAgreement,
  requiredAgreement,
} from "./guard.ts";
export { type GuardModelOptions, guardModel } from "./guard-model.ts";
export { type Precision, precisions, requirePrecision } from "./precision.ts";
export { type QuantisableLayer, quantisableLayers } from "./single-layers.ts";
