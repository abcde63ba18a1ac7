import {
  batchNormEval,
  batchNormTrain,
  conv2d,
  relu,
  reshape,
  sigmoid,
  transpose,
  type Value,
} from "@lorat/graph";
import { constant } from "../initialise.ts";
import type { ParameterScope } from "../parameters.ts";
import { boxesFromCentre, boxesFromSides, type HeadOutput } from "./boxes.ts";

export const batchNormEpsilon = 1e-5;
export const batchNormMomentum = 0.1;

/** Statistics of one batch normalisation after a training forward: names of its buffers, and their new values. */
export interface BatchStatistics {
  readonly path: string;
  readonly mean: Value;
  readonly unbiasedVariance: Value;
}

/** A convolutional head's output, with the batch's statistics when it was built for training. */
export interface ConvHeadOutput extends HeadOutput {
  readonly statistics: readonly BatchStatistics[];
}

/** What every block of a tower is told. */
interface TowerOptions {
  /** Channels of the first block. */
  readonly channels: number;
  readonly training: boolean;
  readonly statistics: BatchStatistics[];
}

/** `[batch, grid ** 2, dim]` as an image `[batch, dim, grid, grid]`. */
function asImage(tokens: Value, grid: number): Value {
  const [batch, , dim] = tokens.shape as [number, number, number];
  return reshape(transpose(tokens, [0, 2, 1]), [batch, dim, grid, grid]);
}

/** Convolution 3x3, batch normalisation, ReLU: the reference's `Sequential` with entries 0 and 1. */
function convBlock(x: Value, at: ParameterScope, channels: number, options: TowerOptions): Value {
  const conv = at.child(0);
  const bn = at.child(1);
  const weight = conv.parameter("weight", [channels, x.shape[1]!, 3, 3], { kind: "matrix" });
  const y = conv2d(x, weight, conv.parameter("bias", [channels], { kind: "bias" }), { padding: 1 });
  const scale = bn.parameter("weight", [channels], { kind: "scale" });
  const bias = bn.parameter("bias", [channels], { kind: "bias" });
  if (!options.training) {
    const mean = bn.parameter("running_mean", [channels], { kind: "statistic" });
    const variance = bn.parameter("running_var", [channels], {
      kind: "statistic",
      start: { reference: constant(1) },
    });
    return relu(batchNormEval(y, { scale, bias, mean, variance }, batchNormEpsilon));
  }
  const normalised = batchNormTrain(y, scale, bias, batchNormEpsilon);
  const { mean, unbiasedVariance } = normalised;
  options.statistics.push({ path: bn.path, mean, unbiasedVariance });
  return relu(normalised.output);
}

/** Four blocks that halve the channels, then a 1x1 convolution. Gives `[batch, grid, grid, outputs]`. */
function tower(
  x: Value,
  place: (layer: number) => ParameterScope,
  outputs: number,
  options: TowerOptions,
): Value {
  let y = x;
  for (let layer = 1; layer <= 4; layer++)
    y = convBlock(y, place(layer), options.channels / 2 ** (layer - 1), options);
  const last = place(5);
  const weight = last.parameter("weight", [outputs, y.shape[1]!, 1, 1], { kind: "matrix" });
  const out = conv2d(y, weight, last.parameter("bias", [outputs], { kind: "bias" }));
  return transpose(out, [0, 2, 3, 1]);
}

function logits(map: Value): Value {
  return reshape(map, map.shape.slice(0, 3));
}

/** The convolutional head of the ablation (specification section 1.8): two towers, boxes decoded as in the MLP head. */
export function convHead(
  tokens: Value,
  at: ParameterScope,
  channels: number,
  training: boolean,
): ConvHeadOutput {
  const options: TowerOptions = { channels, training, statistics: [] };
  const x = asImage(tokens, at.config.variant.searchGrid);
  const towerOf = (name: string) => (layer: number) => at.child(name).child(`conv${layer}`);
  const scoreMap = logits(tower(x, towerOf("cls"), 1, options));
  const sides = sigmoid(tower(x, towerOf("reg"), 4, options));
  return { scoreMap, boxes: boxesFromSides(sides), statistics: options.statistics };
}

/** The OSTrack-style centre head of the ablation: three towers for centre score, offset and size. */
export function centreHead(
  tokens: Value,
  at: ParameterScope,
  channels: number,
  training: boolean,
): ConvHeadOutput {
  const options: TowerOptions = { channels, training, statistics: [] };
  const x = asImage(tokens, at.config.variant.searchGrid);
  const named = (name: string) => (layer: number) => at.child(`conv${layer}_${name}`);
  const scoreMap = logits(tower(x, named("ctr"), 1, options));
  const offset = tower(x, named("offset"), 2, options);
  const size = sigmoid(tower(x, named("size"), 2, options));
  return { scoreMap, boxes: boxesFromCentre(offset, size), statistics: options.statistics };
}
