import { concat, float32, Graph, LoratError, reshape, type Shape, slice, type Value } from "@lorat/graph";
import { inputNames, outputNames } from "../graph-names.ts";
import type { KeyValue } from "./attention.ts";
import type { ModelConfig } from "./config.ts";
import { embedSearch, embedTemplate } from "./embedding.ts";
import { type Encoded, type EncodeOptions, encode } from "./encoder.ts";
import type { HeadOutput } from "./head/boxes.ts";
import type { BatchStatistics } from "./head/conv.ts";
import { head } from "./head/head.ts";
import { type Parameter, parametersIn } from "./parameters.ts";
import { searchSizePx, templateCount, templateSizePx } from "./variants.ts";

/** The network's inputs; shapes in {@link inputNames}. */
export interface NetworkInputs {
  readonly template: Value;
  readonly search: Value;
  readonly templateMask: Value;
  /** A recent view of the target and its mask, for networks with a reference. */
  readonly reference?: Value | undefined;
  readonly referenceMask?: Value | undefined;
}

/** Every intermediate result that the reference recordings hold. */
export interface Stages extends Encoded {
  readonly patchEmbedTemplate: Value;
  readonly patchEmbedSearch: Value;
}

/** What the network gives. */
export interface NetworkOutput extends HeadOutput {
  readonly stages: Stages;
  readonly statistics: readonly BatchStatistics[];
}

/** Training mode means drop path, and batch statistics in convolutional heads. */
export type NetworkOptions = Pick<EncodeOptions, "training" | "keepAllTokens" | "wholeBatch">;

/** Declares the network's inputs in a graph. Throws `REFERENCE_ATTENTION`. */
export function networkInputs(graph: Graph, config: ModelConfig, batch: number): NetworkInputs {
  const { variant } = config;
  const z = templateSizePx(variant);
  const hasReference = templateCount(variant) > 1;
  if (hasReference && config.attention === "joint") {
    throw new LoratError("REFERENCE_ATTENTION", "a network with a reference needs asymmetric attention", {
      hint: "set the variant's references to 0, or attention to asymmetric",
    });
  }
  const cells = variant.templateGrid ** 2;
  return {
    template: graph.input(inputNames.template, [batch, 3, z, z]),
    search: searchInput(graph, config, batch),
    templateMask: graph.input(inputNames.templateMask, [batch, cells]),
    ...(hasReference && {
      reference: graph.input(inputNames.reference, [batch, 3, z, z]),
      referenceMask: graph.input(inputNames.referenceMask, [batch, cells]),
    }),
  };
}

function searchInput(graph: Graph, { variant }: ModelConfig, batch: number): Value {
  const x = searchSizePx(variant);
  return graph.input(inputNames.search, [batch, 3, x, x]);
}

/**
 * LoRAT, figure 1 of the paper: template and search region become tokens, get positions and types, pass the vision
 * transformer together, and the search tokens' features are scored and turned into boxes.
 */
export function lorat(
  inputs: NetworkInputs,
  config: ModelConfig,
  options: NetworkOptions = {},
): NetworkOutput {
  const { template, search, templateMask } = inputs;
  if (inputs.reference) return loratWithReference(inputs, config, options);
  const z = embedTemplate({ pixels: template, foreground: templateMask }, config);
  const x = embedSearch(search, config);
  const encoded = encode({ template: z.tokens, search: x.tokens }, config, options);
  const output = head(encoded.search, config, options.training);
  return { ...output, stages: { patchEmbedTemplate: z.features, patchEmbedSearch: x.features, ...encoded } };
}

/**
 * The same with a recent view of the target beside the template: each of the two attends to itself alone, and the search attends
 * to both (LoRATv2's reference frame, without its causal order).
 */
function loratWithReference(
  { template, search, templateMask, reference, referenceMask }: NetworkInputs,
  config: ModelConfig,
  options: NetworkOptions,
): NetworkOutput {
  const batch = template.shape[0]!;
  const { graph } = template;
  const kinds = Float32Array.from({ length: 2 * batch }, (_, i) => (i < batch ? 0 : 1));
  const views = {
    pixels: concat([template, reference!], 0),
    foreground: concat([templateMask, referenceMask!], 0),
    isReference: graph.constant(float32(kinds, [2 * batch])),
  };
  const z = embedTemplate(views, config);
  const { keyValues } = encode({ template: z.tokens }, config, options);
  const sideBySide = (part: Value) => concat([slice(part, 0, batch, 0), slice(part, batch, 2 * batch, 0)], 2);
  const context = keyValues.map(({ key, value }) => ({ key: sideBySide(key), value: sideBySide(value) }));
  const x = embedSearch(search, config);
  const encoded = encode({ search: x.tokens }, config, { ...options, context });
  const output = head(encoded.search, config, options.training);
  return { ...output, stages: { patchEmbedTemplate: z.features, patchEmbedSearch: x.features, ...encoded } };
}

/** The outputs of {@link lorat} under their names. */
export function namedOutputs({ scoreMap, boxes }: HeadOutput): Record<string, Value> {
  return { [outputNames.scoreMap]: scoreMap, [outputNames.boxes]: boxes };
}

/**
 * Sizes of what stays the same of a template while its target is tracked: its embedded tokens, `[Nz, dim]`; where template tokens
 * attend to the template alone, the keys and values of every block, `[2 * depth, heads, Nz, dim / heads]`, so that a frame costs
 * the search tokens alone. With a reference the search half takes those of both, the reference's tokens after the template's;
 * `count` is how many of them there are, default: all.
 */
export function templateMemoryShape(
  { variant, attention }: ModelConfig,
  count = templateCount(variant),
): Shape {
  const { templateGrid, dim, depth, heads } = variant;
  const tokens = count * templateGrid ** 2;
  if (attention === "joint") return [tokens, dim];
  return [2 * depth, heads, tokens, dim / heads];
}

/** The half that runs once for a view of a target. Gives `memory`, of {@link templateMemoryShape} for one view. */
export function templateHalf(config: ModelConfig, batch = 1): Record<string, Value> {
  const graph = new Graph();
  const { template, templateMask } = networkInputs(graph, config, batch);
  const isReference =
    templateCount(config.variant) > 1 ? graph.input(inputNames.isReference, [batch]) : undefined;
  const { tokens } = embedTemplate({ pixels: template, foreground: templateMask, isReference }, config);
  if (config.attention === "joint") return { [outputNames.memory]: tokens };
  const { keyValues } = encode({ template: tokens }, config);
  const parts = keyValues.flatMap(({ key, value }) => [key, value]); // [batch, heads, Nz, headDim] each
  const [, ...one] = parts[0]!.shape;
  return {
    [outputNames.memory]: concat(
      parts.map((part) => reshape(part, [batch, 1, ...one])),
      1,
    ),
  };
}

/** The half that runs on every frame, from `template_memory`. Gives the network's outputs for `batch` targets. */
export function searchHalf(config: ModelConfig, batch: number): Record<string, Value> {
  const graph = new Graph();
  const memory = graph.input(inputNames.templateMemory, [batch, ...templateMemoryShape(config)]);
  const search = embedSearch(searchInput(graph, config, batch), config).tokens;
  const encoded =
    config.attention === "joint"
      ? encode({ template: memory, search }, config)
      : encode({ search }, config, { context: rememberedKeyValues(memory) });
  return namedOutputs(head(encoded.search, config));
}

/** Keys and values of each block out of a memory `[batch, 2 * depth, heads, Nz, headDim]`. */
function rememberedKeyValues(memory: Value): KeyValue[] {
  const [batch, parts, ...one] = memory.shape as [number, number, ...number[]];
  const part = (index: number) => reshape(slice(memory, index, index + 1, 1), [batch, ...one]);
  return Array.from({ length: parts / 2 }, (_, i) => ({ key: part(2 * i), value: part(2 * i + 1) }));
}

/** Every parameter of a network as its graph declares them, in training or (default) at inference. */
export function parametersOf(
  config: ModelConfig,
  options: Pick<NetworkOptions, "training"> = {},
): Parameter[] {
  const graph = new Graph();
  lorat(networkInputs(graph, config, 1), config, options);
  return parametersIn(graph);
}
