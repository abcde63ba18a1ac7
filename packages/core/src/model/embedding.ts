import {
  add,
  float32,
  matmul,
  mul,
  reshape,
  type Shape,
  sizeOf,
  slice,
  sub,
  transpose,
  type Value,
} from "@lorat/graph";
import type { ModelConfig } from "./config.ts";
import { cosinePatches, normal, type Start, sinusoids } from "./initialise.ts";
import { type ParameterScope, parameterScope, trainsWhole } from "./parameters.ts";
import { sinCosPositions } from "./positions.ts";
import { convStem, STEM_CHANNELS, STEM_STRIDE } from "./stem.ts";

/** An input turned into tokens. */
export interface Embedded {
  /** `[batch, N, dim]`: features of its cells alone. */
  readonly features: Value;
  /** `[batch, N, dim]`: those with their positions and types, ready for the blocks. */
  readonly tokens: Value;
}

/** A crop of the target. */
export interface TargetView {
  /** `[batch, 3, size, size]`, ImageNet-normalised. */
  readonly pixels: Value;
  /** `[batch, Nz]`, 1 on the target's cells. */
  readonly foreground: Value;
  /** `[batch]`, for networks with a reference: 1 where this is the reference, 0 where it is the template. */
  readonly isReference?: Value | undefined;
}

/**
 * The template as tokens (paper section 3.2, specification sections 1.2 and 1.3); they stay the same while a target is tracked. A
 * reference's tokens get a learned difference on top, one for its background and one for its foreground.
 */
export function embedTemplate(
  { pixels, foreground, isReference }: TargetView,
  config: ModelConfig,
): Embedded {
  const at = parameterScope(pixels.graph, config);
  const positions = templatePositions(at, foreground);
  const features = cellFeatures(pixels, at);
  const tokens = add(features, positions);
  if (!isReference) return { features, tokens };
  const difference = byForeground(referenceTypes(at), foreground); // [batch, Nz, dim]
  return { features, tokens: add(tokens, mul(difference, reshape(isReference, [pixels.shape[0]!, 1, 1]))) };
}

/** The search region as tokens. pixels: `[batch, 3, size, size]`, ImageNet-normalised. */
export function embedSearch(pixels: Value, config: ModelConfig): Embedded {
  const at = parameterScope(pixels.graph, config);
  const positions = searchPositions(at);
  const features = cellFeatures(pixels, at);
  return { features, tokens: add(features, positions) };
}

/** Features of a crop's cells before positions, `[batch, grid ** 2, dim]`, rows of the grid first. */
function cellFeatures(pixels: Value, at: ParameterScope): Value {
  const embed = at.child("patch_embed", { layer: 0, embeds: true }).child("proj");
  const { stem, patchSize } = at.config.variant;
  if (stem !== "conv") return patchEmbedding(pixels, embed, { patchSize, start: pixelStart });
  const features = convStem(pixels, at.child("stem", { layer: 0 })); // [batch, 96, grid, grid]
  return patchEmbedding(features, embed, { patchSize: patchSize / STEM_STRIDE, start: featureStart });
}

const pixelStart = { reference: normal(0.02), scratch: cosinePatches };
/** Features of unit deviation become tokens of about unit deviation. */
const featureStart = { reference: normal(1 / Math.sqrt(STEM_CHANNELS)) };

/** Patch embedding: a convolution whose stride is its kernel, written as one matrix product. */
function patchEmbedding(
  pixels: Value,
  at: ParameterScope,
  { patchSize, start }: { readonly patchSize: number; readonly start: Start },
): Value {
  const { dim } = at.config.variant;
  const [batch, channels, height] = pixels.shape as [number, number, number, number];
  const grid = height / patchSize;
  const cells = reshape(pixels, [batch, channels, grid, patchSize, grid, patchSize]);
  const perPatch = channels * patchSize ** 2;
  const patches = reshape(transpose(cells, [0, 2, 4, 1, 3, 5]), [batch, grid ** 2, perPatch]);
  const weight = at.parameter("weight", [dim, channels, patchSize, patchSize], {
    kind: "matrix",
    single: true, // it reads pixels
    start,
  });
  const bias = at.parameter("bias", [dim], { kind: "bias" });
  return add(matmul(patches, transpose(reshape(weight, [dim, perPatch]))), bias);
}

/**
 * Positions and types of the template. Positions are shared with the search region, of whose table the template takes the
 * top-left corner; learned types tell template background (row 0), template foreground (row 1) and search (row 2) apart.
 */
function templatePositions(at: ParameterScope, foreground: Value): Value {
  const { variant, embedding } = at.config;
  const { templateGrid, searchGrid } = variant;
  if (embedding === "separate") return ownPositions(at, "z_pos_embed", templateGrid);
  if (embedding === "sincos") return fixedPositions(at, templateGrid);
  const positions = corner(sharedPositions(at), searchGrid, templateGrid); // [1, Nz, dim]
  if (embedding === "shared") return positions;
  const types = tokenTypes(at);
  if (embedding === "type") return add(positions, typeRow(types, 0));
  return add(positions, byForeground(types, foreground)); // [batch, Nz, dim]
}

/** Row 0 of a table on the background, row 1 on the foreground: `[batch, Nz, dim]`. */
function byForeground(table: Value, foreground: Value): Value {
  const mask = reshape(foreground, [...foreground.shape, 1]); // [batch, Nz, 1]
  // Picks row 0 or 1 exactly: the mask holds nothing but zeros and ones.
  return add(mul(typeRow(table, 0), sub(1, mask)), mul(typeRow(table, 1), mask));
}

/** Positions and type of the search region, `[1, Nx, dim]`. */
function searchPositions(at: ParameterScope): Value {
  const { variant, embedding } = at.config;
  if (embedding === "separate") return ownPositions(at, "x_pos_embed", variant.searchGrid, "pos_embed");
  if (embedding === "sincos") return fixedPositions(at, variant.searchGrid);
  const positions = sharedPositions(at);
  if (embedding === "shared") return positions;
  return add(positions, typeRow(tokenTypes(at), embedding === "type" ? 1 : 2));
}

const positionStart = { reference: normal(0.02), scratch: sinusoids };

function sharedPositions(at: ParameterScope): Value {
  const { variant, trainPositions = false } = at.config;
  return at.parameter("pos_embed", [1, variant.searchGrid ** 2, variant.dim], {
    kind: "embedding",
    embeds: true,
    trains: trainsWhole(at.config) || trainPositions,
    start: positionStart,
  });
}

/** A table of one input's own; `base`: where a base has something to start it from. */
function ownPositions(at: ParameterScope, name: string, grid: number, base?: string): Value {
  return at.parameter(name, [1, grid ** 2, at.config.variant.dim], {
    kind: "embedding",
    embeds: true,
    trains: true,
    base,
    start: positionStart,
  });
}

function fixedPositions({ graph, config }: ParameterScope, grid: number): Value {
  const { dim } = config.variant;
  return graph.constant(float32(sinCosPositions({ width: grid, height: grid }, dim), [1, grid ** 2, dim]));
}

function tokenTypes(at: ParameterScope): Value {
  const rows = at.config.embedding === "foreground" ? 3 : 2;
  return at.parameter("token_type_embed", [rows, at.config.variant.dim], {
    kind: "embedding",
    part: "types",
    embeds: true,
    start: { reference: normal(0.02), scratch: normal(rows === 3 ? 0.2 : 0.1) },
  });
}

const noDifference = (shape: Shape): Float32Array => new Float32Array(sizeOf(shape));

/** What tells a reference's tokens from a template's, `[2, dim]`; none before training. */
function referenceTypes(at: ParameterScope): Value {
  return at.parameter("reference_type_embed", [2, at.config.variant.dim], {
    kind: "embedding",
    part: "types",
    embeds: true,
    start: { reference: noDifference, scratch: noDifference },
  });
}

/** The top-left `small x small` corner of a `[1, large ** 2, dim]` table. */
function corner(table: Value, large: number, small: number): Value {
  const dim = table.shape[2]!;
  const grid = reshape(table, [1, large, large, dim]);
  return reshape(slice(slice(grid, 0, small, 1), 0, small, 2), [1, small ** 2, dim]);
}

/** Row `index` of the token types as `[1, 1, dim]`. */
function typeRow(types: Value, index: number): Value {
  return reshape(slice(types, index, index + 1, 0), [1, 1, types.shape[1]!]);
}
