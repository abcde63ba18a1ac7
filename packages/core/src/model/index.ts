export {
  type Adaptation,
  allLinearLayers,
  type EmbeddingKind,
  type HeadKind,
  type Lora,
  type LoraTargets,
  loraConfig,
  loraScaling,
  type ModelConfig,
  mergedConfig,
} from "./config.ts";
export { dropPathInput, dropPathKind, dropPathShape, subsetSize } from "./drop-path.ts";
export type { HeadOutput } from "./head/boxes.ts";
export { type InitialisationStyle, initialWeights } from "./initialise.ts";
export {
  lorat,
  loratFromTokens,
  type NetworkInputs,
  type NetworkOptions,
  type NetworkOutput,
  networkInputs,
  type Stages,
  templateTokens,
} from "./lorat.ts";
export * from "./position-resize.ts";
export * from "./sincos.ts";
export { STEM_CHANNELS, STEM_STRIDE } from "./stem.ts";
export { searchSizePx, templateSizePx, type Variant, variantNamed, variants } from "./variants.ts";
