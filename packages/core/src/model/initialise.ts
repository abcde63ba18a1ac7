import { float32, type Graph, type Shape, type StoredTensor, sizeOf, type Tensor } from "@lorat/graph";
import type { Random } from "../random.ts";
import type { ModelConfig } from "./config.ts";
import { sinCosPositions } from "./sincos.ts";

/** Standard deviation of LoRAT's own new tensors: adapters, head, token types. */
const newTensorDeviation = 0.02;

/** Fills a parameter; undefined where a rule does not apply. */
type Rule = (name: string, shape: Shape, random: Random) => Float32Array | undefined;

/**
 * The reference's initialisation of what LoRAT adds to a pre-trained backbone (specification sections 1.3, 1.5, 1.6):
 * adapters, both A and B, token types and head weights from a normal distribution of deviation 0.02, biases zero. What
 * belongs to the backbone is drawn alike, with norms at one: weights to measure with, not to track with.
 */
const referenceRule: Rule = (name, shape, random) => {
  if (/(^|\.)norm\d?\.weight$|\.1\.weight$|running_var$|ia3_weights?$/.test(name)) return filled(shape, 1);
  if (/ls\d\.gamma$/.test(name)) return filled(shape, name.startsWith("blocks.") ? 0.1 : 1);
  if (/\.bias$|running_mean$|adapter_/.test(name)) return filled(shape, 0);
  return normal(shape, random, newTensorDeviation);
};

/** How what the ablations add starts: other starts of adapters, and deep prompts (specification sections 1.6 and 1.8). */
function ablationRule({ adaptation, variant }: ModelConfig): Rule {
  const start = adaptation.kind === "lora" ? (adaptation.start ?? "bert") : "bert";
  return (name, shape, random) => {
    if (name.startsWith("prompt_embeddings.")) {
      const bound = Math.sqrt(6 / (3 * variant.patchSize ** 2 + variant.dim));
      return uniform(shape, random, bound);
    }
    if (start === "bert" || !/\.lora\.[AB]$/.test(name)) return undefined;
    if (name.endsWith(".B")) return filled(shape, 0);
    const [rank, inputs] = shape as [number, number]; // A
    if (start === "gaussian") return normal(shape, random, 1 / rank);
    // Kaiming's uniform distribution for a slope of sqrt(5).
    return uniform(shape, random, 1 / Math.sqrt(inputs));
  };
}

/**
 * Initialisation for learning from scratch on little data. Attention starts as similarity and the residual stream as
 * near identity, positions and types are as large as the patches' own features, and the patch embedding starts as a
 * cosine transform that evens out the spectrum of natural images. Trials in `docs/log.md`.
 */
function scratchRule({ variant, embedding }: ModelConfig): Rule {
  const { dim, heads, hidden, stem } = variant;
  return (name, shape, random) => {
    if (/ls\d\.gamma$/.test(name)) return filled(shape, 1);
    if (name === "patch_embed.proj.weight" && stem === "conv") return normal(shape, random, 0.1);
    if (name === "patch_embed.proj.weight") return cosinePatches(dim, shape.at(-1)!, random);
    if (name === "pos_embed" || name === "x_pos_embed" || name === "z_pos_embed") {
      const grid = Math.round(Math.sqrt(shape[1]!));
      return scaled(sinCosPositions({ width: grid, height: grid }, dim), 0.5);
    }
    if (name === "token_type_embed") return normal(shape, random, embedding === "foreground" ? 0.2 : 0.1);
    if (name.endsWith("attn.qkv.weight")) return similarityAttention(dim, heads, random);
    if (name.endsWith("attn.proj.weight")) return normal(shape, random, 0.7 / Math.sqrt(dim));
    if (name.endsWith("mlp.fc1.weight")) return normal(shape, random, 1 / Math.sqrt(dim));
    if (name.endsWith("mlp.fc2.weight")) return normal(shape, random, 0.3 / Math.sqrt(hidden));
    if (name.endsWith("cls_mlp.layers.2.bias")) return filled(shape, -2);
    if (name.endsWith("reg_mlp.layers.2.bias")) return filled(shape, -2);
    if (/head\..*layers\.[01]\.weight$/.test(name)) return normal(shape, random, 1 / Math.sqrt(dim));
    return undefined;
  };
}

/** Which rules initialise a network. */
export type InitialisationStyle = "reference" | "scratch";

/**
 * Data for every parameter of a graph, drawn in the order in which the graph asked for them; of those alone that are
 * `wanted`, where that is given.
 */
export function initialWeights(
  graph: Graph,
  config: ModelConfig,
  random: Random,
  style: InitialisationStyle = "reference",
  wanted: (name: string) => boolean = () => true,
): Map<string, StoredTensor> {
  const special = style === "scratch" ? scratchRule(config) : undefined;
  const added = ablationRule(config);
  const weights = new Map<string, StoredTensor>();
  for (const { name, shape } of graph.parameters.values()) {
    if (!wanted(name)) continue;
    const data =
      special?.(name, shape, random) ?? added(name, shape, random) ?? referenceRule(name, shape, random)!;
    weights.set(name, float32(data, shape) satisfies Tensor);
  }
  return weights;
}

function filled(shape: Shape, value: number): Float32Array {
  return new Float32Array(sizeOf(shape)).fill(value);
}

function normal(shape: Shape, random: Random, deviation: number): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, () => random.normal(0, deviation));
}

function uniform(shape: Shape, random: Random, bound: number): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-bound, bound));
}

function scaled(data: Float32Array, factor: number): Float32Array {
  return data.map((value) => value * factor);
}

/** Logit that a token's similarity with itself starts with: sharp enough to prefer like, soft enough to learn. */
const selfSimilarity = 5;

/**
 * `[3 dim, dim]`: queries and keys share one random projection for each head, so that attention starts as similarity;
 * values start as a rotation, so that what is read from other tokens lands apart from the token's own features.
 */
function similarityAttention(dim: number, heads: number, random: Random): Float32Array {
  const headDim = dim / heads;
  // A normalised token has squared length dim: its query has headDim entries of variance dim * deviation^2.
  const deviation = Math.sqrt(selfSimilarity / (Math.sqrt(headDim) * dim));
  const weight = new Float32Array(3 * dim * dim);
  const shared = normal([dim, dim], random, deviation);
  weight.set(shared, 0);
  weight.set(shared, dim * dim);
  weight.set(scaled(normal([dim, dim], random, 1 / Math.sqrt(dim)), 0.7), 2 * dim * dim);
  return weight;
}

/** Brightness and two colour differences of an RGB pixel, orthonormal. */
const opponentColours = [
  [1 / Math.sqrt(3), 1 / Math.sqrt(3), 1 / Math.sqrt(3)],
  [Math.SQRT1_2, 0, -Math.SQRT1_2],
  [1 / Math.sqrt(6), -2 / Math.sqrt(6), 1 / Math.sqrt(6)],
] as const;

/**
 * `[dim, 3, size, size]`: the lowest frequencies of a 2-D cosine transform of the opponent colours, each scaled against
 * the 1 / f amplitude of natural images so that all start with about unit deviation, mixed by a random rotation.
 */
function cosinePatches(dim: number, size: number, random: Random): Float32Array {
  const basis = cosineBasis(dim, size);
  const weight = new Float32Array(dim * 3 * size * size);
  const mix = randomRotation(dim, random);
  const width = 3 * size * size;
  for (let row = 0; row < dim; row++) {
    for (let k = 0; k < basis.length; k++) {
      const share = mix[row * dim + k]!;
      const component = basis[k]!;
      for (let i = 0; i < width; i++) weight[row * width + i]! += share * component[i]!;
    }
  }
  return weight;
}

function cosineBasis(count: number, size: number): Float32Array[] {
  const candidates: { colour: number; u: number; v: number; frequency: number; rank: number }[] = [];
  for (let colour = 0; colour < 3; colour++) {
    for (let v = 0; v < size; v++) {
      for (let u = 0; u < size; u++) {
        const frequency = Math.hypot(u, v);
        // Colour carries less detail than brightness: its higher frequencies come later.
        candidates.push({
          colour,
          u,
          v,
          frequency,
          rank: frequency * (colour === 0 ? 1 : 2.2) + (colour === 0 ? 0 : 1),
        });
      }
    }
  }
  candidates.sort((a, b) => a.rank - b.rank || a.colour - b.colour || a.v - b.v || a.u - b.u);
  return candidates.slice(0, count).map(({ colour, u, v, frequency }) => {
    const component = new Float32Array(3 * size * size);
    const norm = Math.sqrt((u === 0 ? 1 : 2) * (v === 0 ? 1 : 2)) / size;
    // Deviation of this coefficient in natural images of unit pixel deviation, roughly.
    const deviation = ((colour === 0 ? 1 : 0.3) * size * 0.5) / (frequency + 0.6);
    const gain = 1 / (deviation * (1 + frequency / 6));
    for (let channel = 0; channel < 3; channel++) {
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          component[(channel * size + y) * size + x] =
            gain *
            norm *
            opponentColours[colour]![channel]! *
            Math.cos((Math.PI * (2 * x + 1) * u) / (2 * size)) *
            Math.cos((Math.PI * (2 * y + 1) * v) / (2 * size));
        }
      }
    }
    return component;
  });
}

/** A random orthonormal `[n, n]` matrix, by Gram-Schmidt. */
function randomRotation(n: number, random: Random): Float32Array {
  const rows: Float32Array[] = [];
  while (rows.length < n) {
    const row = normal([n], random, 1);
    for (const other of rows) {
      let dot = 0;
      for (let i = 0; i < n; i++) dot += row[i]! * other[i]!;
      for (let i = 0; i < n; i++) row[i]! -= dot * other[i]!;
    }
    let length = 0;
    for (let i = 0; i < n; i++) length += row[i]! ** 2;
    length = Math.sqrt(length);
    rows.push(row.map((value) => value / length));
  }
  const matrix = new Float32Array(n * n);
  rows.forEach((row, i) => {
    matrix.set(row, i * n);
  });
  return matrix;
}
