import {
  add,
  batchNormTrain,
  conv2d,
  depthwiseConv2d,
  div,
  Graph,
  gradient,
  mul,
  reduceMean,
  reduceSum,
  reshape,
  sub,
  type Value,
} from "@lorat/graph";
import { type ModelConfig, mergedConfig } from "../../model/config.ts";
import type { BatchStatistics } from "../../model/head/conv.ts";
import { type Parameter, type ParameterScope, parameterScope, parametersIn } from "../../model/parameters.ts";
import {
  type BuildConvolution,
  convolutionWeight,
  convStem,
  STEM_CHANNELS,
  STEM_FIRST,
  STEM_STRIDE,
  stemBlock,
  stemBlocks,
  stemEntry,
  stemRole,
} from "../../model/stem.ts";
import { variantNamed } from "../../model/variants.ts";
import type { StemSettings } from "../settings.ts";

/** Epsilon of the stem's batch normalisations. */
export const stemNormEpsilon = 1e-3;

/** Outputs that are compared with the teacher's: the first convolution's, then every block's. */
export const stemStages = 1 + stemBlocks.length;

/** Channels of each stage's output. */
export const stageChannels: readonly number[] = [STEM_FIRST, ...stemBlocks.map(({ outputs }) => outputs)];

/** Pixels of the crop for one cell of each stage's output. */
export const stageStrides: readonly number[] = [0, ...stemBlocks.map((_, i) => i + 1)].map((stage) =>
  stemBlocks.slice(0, stage).reduce((pixels, { stride }) => pixels * stride, 2),
);

/** Sizes of a stem's training. */
export type StemSizes = Pick<StemSettings, "batchSize" | "sidePx">;

/** One training step of the stem as a graph. */
export interface StemStep {
  readonly trainable: readonly Parameter[];
  /** `loss`, `stage/I` (the loss of each stage), `gradient/NAME`, `statistics/PATH.mean` and `.var`. */
  readonly outputs: Readonly<Record<string, Value>>;
}

/** A network whose stem trains. */
const stemConfig = (): ModelConfig => ({ ...mergedConfig(variantNamed("nano")), trainStem: true });

/** Names of the step's inputs. */
export const stemInputs = {
  /** `[batch, 3, side, side]`, ImageNet-normalised. */
  pixels: "pixels",
  /** `[batch, channels, side / stride, side / stride]`: what the teacher has at that stage. */
  teacher: (stage: number) => `teacher/${stage}`,
  /** `[channels]`: the mean of the teacher's stage over training crops. */
  mean: (stage: number) => `teacher_mean/${stage}`,
  /** `[channels]`: the standard deviation of the same. */
  deviation: (stage: number) => `teacher_deviation/${stage}`,
} as const;

/** A convolution with batch normalisation by the batch's own statistics, which it reports. */
function trainingConvolution(statistics: BatchStatistics[]): BuildConvolution {
  return (x, at, { outputs, kernel, stride, depthwise }) => {
    const weight = convolutionWeight(x, at, { outputs, kernel, depthwise });
    const convolve = depthwise ? depthwiseConv2d : conv2d;
    const y = convolve(x, weight, undefined, { stride, padding: (kernel - 1) / 2 });
    const norm = at.child("norm");
    const scale = norm.parameter("weight", [outputs], stemRole(at, "scale"));
    const bias = norm.parameter("bias", [outputs], stemRole(at, "bias"));
    const { output, mean, unbiasedVariance } = batchNormTrain(y, scale, bias, stemNormEpsilon);
    statistics.push({ path: norm.path, mean, unbiasedVariance });
    return output;
  };
}

/** `[C]` as `[1, C, 1, 1]`. */
const perChannel = (value: Value): Value => reshape(value, [1, value.shape[0]!, 1, 1]);

/**
 * Builds a training step. `alone`: every stage gets the teacher's input to it and learns by itself; `whole`: the stages
 * follow each other, and the last one counts ten times as much as each of the others. Losses are mean squares of differences, in
 * units of the teacher's deviation of each channel; the stem gives the last stage's channels standardised.
 */
export function stemStep({ batchSize, sidePx }: StemSizes, way: "alone" | "whole"): StemStep {
  const graph = new Graph();
  const at = parameterScope(graph, stemConfig()).child("stem");
  const statistics: BatchStatistics[] = [];
  const build = trainingConvolution(statistics);
  const pixels = graph.input(stemInputs.pixels, [batchSize, 3, sidePx, sidePx]);
  const teacher = stageChannels.map((channels, i) => {
    const cells = sidePx / stageStrides[i]!;
    return graph.input(stemInputs.teacher(i), [batchSize, channels, cells, cells]);
  });
  const outputs: Record<string, Value> = {};
  let y = stemEntry(pixels, at, build);
  let loss: Value | undefined;
  for (let i = 0; i < stemStages; i++) {
    if (i > 0)
      y = stemBlock(way === "alone" ? teacher[i - 1]! : y, blockScope(at, i), stemBlocks[i - 1]!, build);
    const own = stageLoss(y, teacher[i]!, i);
    outputs[`stage/${i}`] = own;
    const weighted = way === "alone" || i === stemStages - 1 ? own : mul(own, 0.1);
    loss = loss ? add(loss, weighted) : weighted;
  }
  outputs.loss = loss!;
  for (const { path, mean, unbiasedVariance } of statistics) {
    outputs[`statistics/${path}.mean`] = mean;
    outputs[`statistics/${path}.var`] = unbiasedVariance;
  }
  const trainable = parametersIn(graph);
  gradient(loss!, trainable).forEach((value, i) => {
    outputs[`gradient/${trainable[i]!.name}`] = value;
  });
  return { trainable, outputs };
}

function blockScope(at: ParameterScope, stage: number): ParameterScope {
  return at.child("blocks").child(stage - 1);
}

function stageLoss(student: Value, teacher: Value, stage: number): Value {
  const { graph } = student;
  const channels = [stageChannels[stage]!];
  const deviation = perChannel(graph.input(stemInputs.deviation(stage), channels));
  const mean = perChannel(graph.input(stemInputs.mean(stage), channels));
  const difference =
    stage === stemStages - 1
      ? sub(student, div(sub(teacher, mean), deviation))
      : div(sub(student, teacher), deviation);
  return reduceMean(mul(difference, difference));
}

/**
 * The folded stem beside its teacher over a batch: sums for the share of the teacher's variance that it explains.
 * Outputs, each `[96]`: `error` (squared differences), `sum` and `squares` (of the teacher's standardised channels).
 */
export function stemComparison({ batchSize, sidePx }: StemSizes): Record<string, Value> {
  const graph = new Graph();
  const pixels = graph.input(stemInputs.pixels, [batchSize, 3, sidePx, sidePx]);
  const student = convStem(pixels, parameterScope(graph, stemConfig()).child("stem"));
  const cells = sidePx / STEM_STRIDE;
  const last = stemStages - 1;
  const raw = graph.input(stemInputs.teacher(last), [batchSize, STEM_CHANNELS, cells, cells]);
  const mean = perChannel(graph.input(stemInputs.mean(last), [STEM_CHANNELS]));
  const deviation = perChannel(graph.input(stemInputs.deviation(last), [STEM_CHANNELS]));
  const teacher = div(sub(raw, mean), deviation);
  const difference = sub(student, teacher);
  const over = (value: Value) => reduceSum(value, [0, 2, 3]);
  return {
    error: over(mul(difference, difference)),
    sum: over(teacher),
    squares: over(mul(teacher, teacher)),
  };
}

/** Parameters that a stem's training changes. */
export function stemTrainable(sizes: StemSizes): readonly Parameter[] {
  return stemStep(sizes, "whole").trainable;
}
