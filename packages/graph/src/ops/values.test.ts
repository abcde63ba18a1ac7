import { describe, expect, it } from "vitest";
import { Graph, type Value } from "../graph.ts";
import { evaluate } from "../testing/interpreter.ts";
import * as ops from "./index.ts";

type Nested = number | readonly Nested[];

/** A parameter of the numbers in nested lists, fed with them. */
function tensors(graph: Graph, feeds: Map<string, { shape: number[]; data: Float64Array }>) {
  return (nested: Nested): Value => {
    const shape: number[] = [];
    for (let level = nested; typeof level !== "number"; level = level[0]!) shape.push(level.length);
    const name = `t${feeds.size}`;
    const numbers = [nested].flat(9 as 1) as number[];
    feeds.set(name, { shape, data: Float64Array.from(numbers) });
    return graph.parameter(name, shape);
  };
}

const e = Math.E;
const logistic = (x: number) => 1 / (1 + Math.exp(-x));

// What each function stands for, on numbers worked out by hand.
const examples: [string, (t: (nested: Nested) => Value) => Value, shape: number[], numbers: number[]][] = [
  ["add broadcasts", (t) => ops.add(t([[1], [2]]), t([10, 20])), [2, 2], [11, 21, 12, 22]],
  ["sub", (t) => ops.sub(t([5, 3]), t([1, 7])), [2], [4, -4]],
  ["sub of a number", (t) => ops.sub(1, t([5, 3])), [2], [-4, -2]],
  ["mul", (t) => ops.mul(t([5, 3]), -2), [2], [-10, -6]],
  ["div", (t) => ops.div(t([6, 3]), t([4, -3])), [2], [1.5, -1]],
  [
    "neg, abs, relu",
    (t) => ops.concat([ops.neg(t([2])), ops.abs(t([-3])), ops.relu(t([-4, 4]))], 0),
    [4],
    [-2, 3, 0, 4],
  ],
  [
    "exp, log, sqrt",
    (t) => ops.concat([ops.exp(t([1])), ops.log(t([e])), ops.sqrt(t([9]))], 0),
    [3],
    [e, 1, 3],
  ],
  ["sigmoid", (t) => ops.sigmoid(t([0, Math.log(3)])), [2], [0.5, 0.75]],
  ["silu is x times its sigmoid", (t) => ops.silu(t([2, -1])), [2], [2 * logistic(2), -logistic(-1)]],
  ["erf", (t) => ops.erf(t([0.5])), [1], [0.5204998778130465]],
  // Phi(1) = 0.8413447460685429.
  ["gelu, the exact form", (t) => ops.gelu(t([1, -1])), [2], [0.8413447460685429, -0.1586552539314571]],
  ["maximum", (t) => ops.maximum(t([1, 5, 2]), t([3, 4, 2])), [3], [3, 5, 2]],
  ["minimum", (t) => ops.minimum(t([1, 5, 2]), t([3, 4, 2])), [3], [1, 4, 2]],
  ["where, greater", (t) => ops.where(ops.greater(t([1, 5, 2]), 2), t([7]), -1), [3], [-1, 7, -1]],
  ["less, cast", (t) => ops.cast(ops.less(t([1, 5, 2]), 2), "float32"), [3], [1, 0, 0]],
  [
    "reduceSum of all",
    (t) =>
      ops.reduceSum(
        t([
          [1, 2],
          [3, 4],
        ]),
      ),
    [],
    [10],
  ],
  [
    "reduceSum of one axis",
    (t) =>
      ops.reduceSum(
        t([
          [1, 2],
          [3, 4],
        ]),
        [0],
      ),
    [2],
    [4, 6],
  ],
  [
    "reduceMean, keeping the axis",
    (t) =>
      ops.reduceMean(
        t([
          [1, 2],
          [3, 6],
        ]),
        [-1],
        true,
      ),
    [2, 1],
    [1.5, 4.5],
  ],
  [
    "sumOfSquares",
    (t) =>
      ops.sumOfSquares(
        t([
          [1, 2],
          [3, 4],
        ]),
      ),
    [],
    [30],
  ],
  [
    "softmax over the last axis",
    (t) =>
      ops.softmax(
        t([
          [0, Math.log(3)],
          [5, 5],
        ]),
      ),
    [2, 2],
    [0.25, 0.75, 0.5, 0.5],
  ],
  ["layerNorm", (t) => ops.layerNorm(t([[1, 3]]), t([2, 10]), t([0, 1]), 3), [1, 2], [-1, 6]],
  [
    "matmul",
    (t) =>
      ops.matmul(
        t([
          [1, 2],
          [3, 4],
        ]),
        t([[5], [6]]),
      ),
    [2, 1],
    [17, 39],
  ],
  ["matmul of a stack", (t) => ops.matmul(t([[[1, 2]], [[3, 4]]]), t([[5], [6]])), [2, 1, 1], [17, 39]],
  [
    "linear takes [outputs, inputs]",
    (t) =>
      ops.linear(
        t([[1, 2]]),
        t([
          [3, 4],
          [5, 6],
          [0, 1],
        ]),
        t([1, 0, 0]),
      ),
    [1, 3],
    [12, 17, 2],
  ],
  [
    "reshape",
    (t) =>
      ops.reshape(
        t([
          [1, 2, 3],
          [4, 5, 6],
        ]),
        [3, 2],
      ),
    [3, 2],
    [1, 2, 3, 4, 5, 6],
  ],
  [
    "transpose of the last two axes",
    (t) =>
      ops.transpose(
        t([
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
        ]),
      ),
    [1, 3, 2],
    [1, 4, 2, 5, 3, 6],
  ],
  [
    "transpose by a permutation",
    (t) =>
      ops.transpose(
        t([
          [
            [1, 2],
            [3, 4],
          ],
        ]),
        [2, 0, 1],
      ),
    [2, 1, 2],
    [1, 3, 2, 4],
  ],
  ["expand", (t) => ops.expand(t([[1], [2]]), [2, 3]), [2, 3], [1, 1, 1, 2, 2, 2]],
  [
    "concat",
    (t) =>
      ops.concat(
        [
          t([[1], [2]]),
          t([
            [3, 4],
            [5, 6],
          ]),
        ],
        -1,
      ),
    [2, 3],
    [1, 3, 4, 2, 5, 6],
  ],
  ["split", (t) => ops.split(t([[1, 2, 3]]), [1, 2], 1)[1]!, [1, 2], [2, 3]],
  [
    "split into many",
    (t) => ops.split(t([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), [1, 1, 1, 1, 1, 1, 1, 1, 2], 0)[8]!,
    [2],
    [9, 10],
  ],
  ["slice", (t) => ops.slice(t([1, 2, 3, 4]), 1, 3, 0), [2], [2, 3]],
  ["pad", (t) => ops.pad(t([[1, 2]]), [1, 0], [0, 1]), [2, 3], [0, 0, 0, 1, 2, 0]],
  [
    "conv2d correlates: no kernel is flipped",
    (t) =>
      ops.conv2d(
        t([
          [
            [
              [1, 2, 3],
              [4, 5, 6],
              [7, 8, 9],
            ],
          ],
        ]),
        t([
          [
            [
              [1, 0],
              [0, 10],
            ],
          ],
        ]),
        t([100]),
      ),
    [1, 1, 2, 2],
    [151, 162, 184, 195],
  ],
  [
    "conv2d with stride and padding",
    (t) =>
      ops.conv2d(
        t([
          [
            [
              [1, 2, 3],
              [4, 5, 6],
              [7, 8, 9],
            ],
          ],
        ]),
        t([
          [
            [
              [1, 0],
              [0, 10],
            ],
          ],
        ]),
        undefined,
        { stride: 2, padding: 1 },
      ),
    [1, 1, 2, 2],
    [10, 30, 70, 95],
  ],
  [
    "batchNormTrain normalises by the batch's biased variance",
    (t) => ops.batchNormTrain(t([[[[1]]], [[[3]]]]), t([4]), t([1]), 3).output,
    [2, 1, 1, 1],
    [-1, 3],
  ],
  [
    "batchNormTrain's statistics: mean, biased and unbiased variance",
    (t) => {
      const { mean, variance, unbiasedVariance } = ops.batchNormTrain(t([[[[1, 2, 6]]]]), t([1]), t([0]), 1);
      return ops.concat([mean, variance, unbiasedVariance], 0);
    },
    [3],
    [3, 14 / 3, 7],
  ],
  [
    "batchNormEval normalises by the running statistics",
    (t) => {
      const parameters = { scale: t([2]), bias: t([1]), mean: t([10]), variance: t([15]) };
      return ops.batchNormEval(t([[[[14, 6]]]]), parameters, 1);
    },
    [1, 1, 1, 2],
    [3, -1],
  ],
];

describe("what each operator computes", () => {
  it.each(examples)("%s", (_name, build, shape, numbers) => {
    const feeds = new Map<string, { shape: number[]; data: Float64Array }>();
    const value = build(tensors(new Graph(), feeds));
    const result = evaluate({ value }, feeds).value!;
    expect(result.shape).toEqual(shape);
    // The graph's constants are float32.
    result.data.forEach((x, i) => {
      expect(x).toBeCloseTo(numbers[i]!, 6);
    });
    expect(result.data).toHaveLength(numbers.length);
  });
});
