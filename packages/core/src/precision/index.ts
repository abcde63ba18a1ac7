export {
  atPrecision,
  type GraphWithWeights,
  type PrecisionOptions,
  type QuantisableLayer,
  quantisableLayers,
} from "./at-precision.ts";
export { type Precision, precisions, requirePrecision } from "./precision.ts";
