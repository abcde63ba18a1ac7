export {
  type Adaptation,
  allLinearLayers,
  type EmbeddingKind,
  type HeadKind,
  type Lora,
  type LoraTargets,
  loraConfig,
  type ModelConfig,
  mergedConfig,
  mergedNetwork,
  modelConfigSchema,
} from "./config.ts";
export { type Embedded, embedSearch, embedTemplate } from "./embedding.ts";
export { type Encoded, type EncodeOptions, encode, type Tokens } from "./encoder.ts";
export type { HeadOutput } from "./head/boxes.ts";
export { head } from "./head/head.ts";
export { type InitialisationStyle, initialWeights, type Start } from "./initialise.ts";
export {
  lorat,
  type NetworkInputs,
  type NetworkOptions,
  type NetworkOutput,
  namedOutputs,
  networkInputs,
  parametersOf,
  type Stages,
  searchHalf,
  templateHalf,
  templateMemoryShape,
} from "./lorat.ts";
export {
  type Fold,
  type FoldedRows,
  type MergedRows,
  type ModelPart,
  type Parameter,
  type ParameterKind,
  type ParameterRole,
  parametersIn,
} from "./parameters.ts";
export { resizePositions } from "./positions.ts";
export { STEM_CHANNELS, STEM_STRIDE } from "./stem.ts";
export {
  searchSizePx,
  templateCount,
  templateSizePx,
  type Variant,
  variantNamed,
  variants,
} from "./variants.ts";
