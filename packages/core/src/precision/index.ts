export { atPrecision, type GraphWithWeights, type PrecisionOptions } from "./at-precision.ts";
export { type Precision, precisions, requirePrecision } from "./precision.ts";
export { type QuantisableLayer, quantisableLayers } from "./single-layers.ts";
