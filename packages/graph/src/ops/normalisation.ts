import { LoratError } from "../errors.ts";
import type { Operator, Value } from "../graph.ts";
import { sizeOf } from "../shape.ts";
import { add, div, mul, sqrt, sub } from "./elementwise.ts";
import { reshape } from "./layout.ts";
import { reduceMean, reduceSum } from "./reduce.ts";

export const layerNormOperator: Operator = {
  type: "LayerNormalization",
  optionalOutputs: true, // the statistics are there for the gradient
  infer: ([x, scale, bias]) => {
    const width = x!.shape.at(-1)!;
    if (`${scale!.shape}` !== `${width}` || `${bias!.shape}` !== `${width}`) {
      throw new LoratError(
        "SHAPE_NORM",
        `[${x!.shape}] needs a scale and bias of [${width}], got [${scale!.shape}] and [${bias!.shape}]`,
      );
    }
    const statistics = [...x!.shape.slice(0, -1), 1];
    return [
      { dtype: x!.dtype, shape: x!.shape },
      { dtype: "float32", shape: statistics },
      { dtype: "float32", shape: statistics },
    ];
  },
  gradient: ({ inputs, outputs, gradients, wanted }) => {
    const [x, scale] = inputs as [Value, Value];
    const [, mean, inverseDeviation] = outputs as [Value, Value, Value];
    const [dy, ...ofStatistics] = gradients;
    if (!dy || ofStatistics.some((gradient) => gradient !== undefined)) {
      throw new LoratError("GRADIENT_MISSING", "LayerNormalization has no second derivative");
    }
    const normalised = mul(sub(x, mean), inverseDeviation);
    const width = x.shape.at(-1)!;
    const rows = (value: Value) => reduceSum(reshape(value, [sizeOf(value.shape) / width, width]), [0]);
    let dx: Value | undefined;
    if (wanted[0]) {
      const dn = mul(dy, scale);
      const centred = sub(
        sub(dn, reduceMean(dn, [-1], true)),
        mul(normalised, reduceMean(mul(dn, normalised), [-1], true)),
      );
      dx = mul(centred, inverseDeviation);
    }
    return [dx, wanted[1] ? rows(mul(dy, normalised)) : undefined, wanted[2] ? rows(dy) : undefined];
  },
};

/** Layer normalisation over the last axis, with scale and bias of that width. Throws `SHAPE_NORM`. */
export function layerNorm(x: Value, scale: Value, bias: Value, epsilon: number): Value {
  return x.graph.apply(layerNormOperator, [x, scale, bias], { axis: -1, epsilon: { float: epsilon } })[0]!;
}

/** What {@link batchNormTrain} gives: the output and this batch's statistics, each `[channels]`. */
export interface BatchNormResult {
  readonly output: Value;
  readonly mean: Value;
  /** Biased variance, the one that normalises. */
  readonly variance: Value;
  /** Unbiased variance, the one that running statistics take. */
  readonly unbiasedVariance: Value;
}

/** `[C]` as `[1, C, 1, 1]`. */
function perChannel(value: Value): Value {
  return reshape(value, [1, value.shape[0]!, 1, 1]);
}

/**
 * Batch normalisation of `[N, C, H, W]` by the batch's own statistics, built from reductions so that its gradient
 * follows from theirs.
 */
export function batchNormTrain(x: Value, scale: Value, bias: Value, epsilon: number): BatchNormResult {
  const channels = x.shape[1]!;
  const count = sizeOf(x.shape) / channels;
  const mean = reduceMean(x, [0, 2, 3], true);
  const centred = sub(x, mean);
  const variance = reduceMean(mul(centred, centred), [0, 2, 3], true);
  const output = affine(centred, variance, scale, bias, epsilon);
  const flat = reshape(variance, [channels]);
  return {
    output,
    mean: reshape(mean, [channels]),
    variance: flat,
    unbiasedVariance: mul(flat, count / (count - 1)),
  };
}

/** Batch normalisation by running statistics, each `[channels]`. */
export function batchNormEval(
  x: Value,
  parameters: { scale: Value; bias: Value; mean: Value; variance: Value },
  epsilon: number,
): Value {
  const centred = sub(x, perChannel(parameters.mean));
  return affine(centred, perChannel(parameters.variance), parameters.scale, parameters.bias, epsilon);
}

function affine(centred: Value, variance: Value, scale: Value, bias: Value, epsilon: number): Value {
  const normalised = div(centred, sqrt(add(variance, epsilon)));
  return add(mul(normalised, perChannel(scale)), perChannel(bias));
}
