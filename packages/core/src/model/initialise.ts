import { float32, type Shape, type StoredTensor, sizeOf } from "@lorat/graph";
import type { Random } from "../random.ts";
import { sinCosPositions } from "./positions.ts";

/** Draws the first numbers of a parameter. */
export type Filler = (shape: Shape, random: Random) => Float32Array;

/**
 * Which rules initialise a network: the reference's, for what is added to a pre-trained backbone, or those for learning from
 * scratch on little data. The latter start attention as similarity and the residual stream as near identity, positions and types
 * as large as the patches' own features, and the patch embedding as a cosine transform that evens out the spectrum of
 * natural images. Trials in `docs/log.md`.
 */
export type InitialisationStyle = "reference" | "scratch";

/** How a parameter starts; `scratch` is as `reference` unless told. */
export interface Start {
  readonly reference: Filler;
  readonly scratch?: Filler;
}

/** One number everywhere. */
export const constant =
  (value: number): Filler =>
  (shape) =>
    new Float32Array(sizeOf(shape)).fill(value);

/** A normal distribution around zero. */
export const normal =
  (deviation: number): Filler =>
  (shape, random) =>
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal(0, deviation));

/** A uniform distribution over `[-bound, bound)`. */
export const uniform =
  (bound: number): Filler =>
  (shape, random) =>
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-bound, bound));

/** Half a sine-cosine table, for positions `[1, grid ** 2, dim]`. */
export const sinusoids: Filler = ([, cells, dim]) => {
  const grid = Math.round(Math.sqrt(cells!));
  return sinCosPositions({ width: grid, height: grid }, dim!).map((value) => value * 0.5);
};

/** Data for parameters, drawn in the order in which they are given; default: the reference's rules. */
export function initialWeights(
  parameters: Iterable<{
    readonly name: string;
    readonly shape: Shape;
    readonly role: { readonly start: Start };
  }>,
  random: Random,
  style: InitialisationStyle = "reference",
): Map<string, StoredTensor> {
  const weights = new Map<string, StoredTensor>();
  for (const { name, shape, role } of parameters) {
    const fill = role.start[style] ?? role.start.reference;
    weights.set(name, float32(fill(shape, random), shape));
  }
  return weights;
}

/** Logit that a token's similarity with itself starts with: sharp enough to prefer like, soft enough to learn. */
const selfSimilarity = 5;

/**
 * `[3 dim, dim]`: queries and keys share one random projection for each head, so that attention starts as similarity;
 * values start as a rotation, so that what is read from other tokens lands apart from the token's own features.
 */
export const similarityAttention =
  (dim: number, heads: number): Filler =>
  (_shape, random) => {
    const headDim = dim / heads;
    // A normalised token has squared length dim: its query has headDim entries of variance dim * deviation^2.
    const deviation = Math.sqrt(selfSimilarity / (Math.sqrt(headDim) * dim));
    const weight = new Float32Array(3 * dim * dim);
    const shared = normal(deviation)([dim, dim], random);
    weight.set(shared, 0);
    weight.set(shared, dim * dim);
    const values = normal(1 / Math.sqrt(dim))([dim, dim], random);
    weight.set(
      values.map((value) => value * 0.7),
      2 * dim * dim,
    );
    return weight;
  };

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
export const cosinePatches: Filler = (shape, random) => {
  const [dim, , size] = shape as [number, number, number];
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
};

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
    const row = normal(1)([n], random);
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
