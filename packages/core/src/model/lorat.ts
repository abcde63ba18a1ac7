import { add, concat, expand, type Graph, slice, type Value } from "@lorat/graph";
import type { Wanted } from "./attention.ts";
import { block, norm } from "./block.ts";
import type { ModelConfig } from "./config.ts";
import { dropPathKind, droppedResidual, plainResidual, type ResidualBranch } from "./drop-path.ts";
import { cropTokens, inputEmbedding, joinTokens } from "./embedding.ts";
import type { HeadOutput } from "./head/boxes.ts";
import { type BatchStatistics, centreHead, convHead } from "./head/conv.ts";
import { mlpHead } from "./head/mlp.ts";
import { type ParameterScope, parameterScope } from "./scope.ts";
import { searchSizePx, templateSizePx } from "./variants.ts";

/** The network's inputs. */
export interface NetworkInputs {
  /** `[batch, 3, templateSizePx, templateSizePx]`, ImageNet-normalised. */
  readonly template: Value;
  /** `[batch, 3, searchSizePx, searchSizePx]`, ImageNet-normalised. */
  readonly search: Value;
  /** `[batch, Nz]`, 1 on foreground cells. */
  readonly templateMask: Value;
}

/** Every intermediate result that the reference recordings hold. */
export interface Stages {
  readonly patchEmbedTemplate: Value;
  readonly patchEmbedSearch: Value;
  readonly embedded: Value;
  readonly blocks: readonly Value[];
  readonly normalised: Value;
}

export interface NetworkOutput extends HeadOutput {
  readonly stages: Stages;
  readonly statistics: readonly BatchStatistics[];
}

export interface NetworkOptions {
  /** Training mode: drop path, and batch statistics in convolutional heads. */
  readonly training?: boolean;
  /** Computes the template tokens of the last block too: for recordings; the head's numbers stay the same. */
  readonly keepAllTokens?: boolean;
}

/** Declares the network's inputs in a graph. */
export function networkInputs(graph: Graph, { variant }: ModelConfig, batch: number): NetworkInputs {
  const z = templateSizePx(variant);
  const x = searchSizePx(variant);
  return {
    template: graph.input("template", [batch, 3, z, z]),
    search: graph.input("search", [batch, 3, x, x]),
    templateMask: graph.input("template_mask", [batch, variant.templateGrid ** 2]),
  };
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
  const at = parameterScope(inputs.template.graph);
  const positions = inputEmbedding(at, config, inputs.templateMask);
  const z = cropTokens(inputs.template, at, config); // [batch, Nz, dim]
  const x = cropTokens(inputs.search, at, config); // [batch, Nx, dim]
  const embedded = joinTokens(add(z, positions.template), add(x, positions.search)); // [batch, Nz + Nx, dim]
  const encoded = encode(embedded, at, config, options);
  const output = head(encoded.search, at.child("head"), config, options.training ?? false);
  const stages = { patchEmbedTemplate: z, patchEmbedSearch: x, embedded, ...encoded };
  return { ...output, stages };
}

/** The template's embedded tokens alone, `[batch, Nz, dim]`: they stay the same while a target is tracked. */
export function templateTokens(template: Value, templateMask: Value, config: ModelConfig): Value {
  const at = parameterScope(template.graph);
  const z = cropTokens(template, at, config);
  return add(z, inputEmbedding(at, config, templateMask).template);
}

/** {@link lorat} from a template that {@link templateTokens} has embedded. */
export function loratFromTokens(template: Value, search: Value, config: ModelConfig): HeadOutput {
  const at = parameterScope(template.graph);
  const x = cropTokens(search, at, config);
  const mask = template.graph.filled(0, [1, config.variant.templateGrid ** 2]);
  const positions = inputEmbedding(at, config, mask);
  const encoded = encode(joinTokens(template, add(x, positions.search)), at, config, {});
  return head(encoded.search, at.child("head"), config, false);
}

/** The transformer's blocks and final norm. tokens: `[batch, Nz + Nx, dim]`. */
function encode(tokens: Value, at: ParameterScope, config: ModelConfig, options: NetworkOptions) {
  const { depth, dropPath, searchGrid } = config.variant;
  const { graph } = tokens;
  const drops = (options.training ?? false) && dropPathKind(dropPath) !== "none";
  const residual: ResidualBranch = drops
    ? droppedResidual(graph, depth, tokens.shape[0]!, dropPath)
    : plainResidual;
  const blocks: Value[] = [];
  let y = tokens;
  for (let i = 0; i < depth; i++) {
    const last = i === depth - 1;
    const wanted: Wanted = last && !drops && !options.keepAllTokens ? "search" : "all";
    const input = withPrompts(y, at, config, i);
    const output = graph.scope(`blocks.${i}`, () =>
      block(input, at.child("blocks").child(i), config, i, wanted, residual),
    );
    y = wanted === "all" ? withoutPrompts(output, config) : output;
    blocks.push(y);
  }
  const normalised = norm(y, at.child("norm"));
  const count = normalised.shape[1]!;
  return { blocks, normalised, search: slice(normalised, count - searchGrid ** 2, count, 1) };
}

/** Deep prompts of the VPT ablation, put before the tokens of every block. */
function withPrompts(tokens: Value, at: ParameterScope, config: ModelConfig, index: number): Value {
  if (config.adaptation.kind !== "vpt") return tokens;
  const { prompts } = config.adaptation;
  const [batch, , dim] = tokens.shape as [number, number, number];
  const own = at.child("prompt_embeddings").parameter(String(index), [1, prompts, dim]);
  return concat([expand(own, [batch, prompts, dim]), tokens], 1);
}

function withoutPrompts(tokens: Value, { adaptation }: ModelConfig): Value {
  return adaptation.kind === "vpt" ? slice(tokens, adaptation.prompts, tokens.shape[1]!, 1) : tokens;
}

function head(tokens: Value, at: ParameterScope, { head: kind, variant }: ModelConfig, training: boolean) {
  const grid = variant.searchGrid;
  if (kind.kind === "mlp") return { ...mlpHead(tokens, at, grid), statistics: [] };
  const build = kind.kind === "conv" ? convHead : centreHead;
  return build(tokens, at, grid, kind.channels, training);
}
