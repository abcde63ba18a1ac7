import * as fc from "fast-check";
import type { Value } from "../../graph.ts";
import * as ops from "../../ops/index.ts";
import { leaf, type OperatorCase, operatorCase } from "./case.ts";
import { dim, shape } from "./shapes.ts";

type Reduce = (x: Value, axes?: readonly number[], keepDims?: boolean) => Value;

function reduction(name: string, apply: Reduce): OperatorCase {
  const drawn = shape().chain((from) => {
    const axes = from.map((_, axis) => fc.constantFrom(axis, axis - from.length));
    const some = fc
      .tuple(fc.tuple(...axes), fc.array(fc.boolean(), { minLength: from.length, maxLength: from.length }))
      .map(([all, taken]) => all.filter((_, i) => taken[i]));
    return fc.record({
      from: fc.constant(from),
      axes: fc.option(some, { nil: undefined }),
      keepDims: fc.boolean(),
    });
  });
  return operatorCase(
    name,
    drawn,
    ({ from }) => ({ x: leaf(from) }),
    ({ x }, { axes, keepDims }) => apply(x, axes, keepDims),
  );
}

const epsilon = fc.constantFrom(1e-6, 1e-5, 1e-2);
const wide = fc.integer({ min: 2, max: 6 });

const layerNorm = operatorCase(
  "layerNorm",
  fc.record({ lead: shape(0, 3), width: wide, epsilon }),
  ({ lead, width }) => ({ x: leaf([...lead, width], "spread"), scale: leaf([width]), bias: leaf([width]) }),
  ({ x, scale, bias }, { epsilon }) => ops.layerNorm(x, scale, bias, epsilon),
);

const images = fc.record({ batch: dim, channels: dim, height: wide, width: dim, epsilon });

interface Images {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly epsilon: number;
}

const imageShape = ({ batch, channels, height, width }: Images) => [batch, channels, height, width];

const batchNormTrain = operatorCase(
  "batchNormTrain, output",
  images,
  (s) => ({ x: leaf(imageShape(s), "spread"), scale: leaf([s.channels]), bias: leaf([s.channels]) }),
  ({ x, scale, bias }, { epsilon }) => ops.batchNormTrain(x, scale, bias, epsilon).output,
);

const batchNormStatistics = operatorCase(
  "batchNormTrain, statistics",
  images,
  (s) => ({ x: leaf(imageShape(s), "spread"), scale: leaf([s.channels]), bias: leaf([s.channels]) }),
  ({ x, scale, bias }, { epsilon }) => {
    const { mean, variance, unbiasedVariance } = ops.batchNormTrain(x, scale, bias, epsilon);
    return ops.concat([mean, variance, unbiasedVariance], 0);
  },
);

const batchNormEval = operatorCase(
  "batchNormEval",
  images,
  (s) => {
    const channels = [s.channels];
    return {
      x: leaf(imageShape(s)),
      scale: leaf(channels),
      bias: leaf(channels),
      mean: leaf(channels),
      variance: leaf(channels, "positive"),
    };
  },
  ({ x, ...parameters }, { epsilon }) => ops.batchNormEval(x, parameters, epsilon),
);

export const reductionCases: readonly OperatorCase[] = [
  reduction("reduceSum", ops.reduceSum),
  reduction("reduceMean", ops.reduceMean),
  operatorCase(
    "sumOfSquares",
    shape(),
    (drawn) => ({ x: leaf(drawn) }),
    ({ x }) => ops.sumOfSquares(x),
  ),
  operatorCase(
    "softmax",
    shape(1),
    (drawn) => ({ x: leaf(drawn) }),
    ({ x }) => ops.softmax(x),
  ),
  layerNorm,
  batchNormTrain,
  batchNormStatistics,
  batchNormEval,
];
