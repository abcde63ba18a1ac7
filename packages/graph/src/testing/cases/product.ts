import * as fc from "fast-check";
import { vectorJacobianProduct } from "../../gradient.ts";
import type { Value } from "../../graph.ts";
import * as ops from "../../ops/index.ts";
import { leaf, type OperatorCase, operatorCase } from "./case.ts";
import { broadcastGroup, dim, shape } from "./shapes.ts";

const matmul = operatorCase(
  "matmul, batches broadcast",
  fc.record({ batches: broadcastGroup(2, 2), m: dim, k: dim, n: dim }),
  ({ batches: [a, b], m, k, n }) => ({ a: leaf([...a!, m, k]), b: leaf([...b!, k, n]) }),
  ({ a, b }) => ops.matmul(a, b),
);

const linear = operatorCase(
  "linear",
  fc.record({ lead: shape(1, 3), inputs: dim, outputs: dim, bias: fc.boolean() }),
  ({ lead, inputs, outputs }) => ({
    x: leaf([...lead, inputs]),
    weight: leaf([outputs, inputs]),
    bias: leaf([outputs]),
  }),
  ({ x, weight, bias }, drawn) => ops.linear(x, weight, drawn.bias ? bias : undefined),
);

/** Heads wider and narrower than there are keys: both ways to sum a row of the gradient. */
const attention = operatorCase(
  "attention",
  fc.record({ lead: shape(0, 2), queries: dim, keys: dim, width: dim, out: dim }),
  ({ lead, queries, keys, width, out }) => ({
    query: leaf([...lead, queries, width], "small"),
    key: leaf([...lead, keys, width], "small"),
    value: leaf([...lead, keys, out]),
  }),
  ({ query, key, value }) => ops.attention(query, key, value),
);

/** A convolution whose last stride may leave pixels over. */
const convolution = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    inputs: fc.integer({ min: 1, max: 3 }),
    outputs: fc.integer({ min: 1, max: 3 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 2 }),
    extra: fc.tuple(fc.nat(4), fc.nat(4)),
    bias: fc.boolean(),
  })
  .map((drawn) => ({
    ...drawn,
    size: drawn.kernel.map((k, i) => Math.max(1, k - 2 * drawn.padding) + drawn.extra[i]!),
  }));

interface Convolution {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: readonly number[];
  readonly stride: number;
  readonly padding: number;
  readonly size: readonly number[];
}

const imageOf = ({ batch, inputs, size }: Convolution) => [batch, inputs, ...size];
const weightOf = ({ inputs, outputs, kernel }: Convolution) => [outputs, inputs, ...kernel];
const resultOf = ({ batch, outputs, kernel, size, stride, padding }: Convolution) => [
  batch,
  outputs,
  ...size.map((dim, i) => Math.floor((dim + 2 * padding - kernel[i]!) / stride) + 1),
];

const conv2d = operatorCase(
  "conv2d",
  convolution,
  (drawn) => ({ x: leaf(imageOf(drawn)), weight: leaf(weightOf(drawn)), bias: leaf([drawn.outputs]) }),
  ({ x, weight, bias }, drawn) => ops.conv2d(x, weight, drawn.bias ? bias : undefined, drawn),
);

/** The gradient of a convolution by its image: a ConvTranspose of `dy` by the weight, differentiated in its turn. */
const convTranspose = operatorCase(
  "ConvTranspose",
  convolution,
  (drawn) => ({ dy: leaf(resultOf(drawn)), weight: leaf(weightOf(drawn)) }),
  ({ dy, weight }, drawn) => {
    const x = dy.graph.filled(0, imageOf(drawn));
    return vectorJacobianProduct([ops.conv2d(x, weight, undefined, drawn)], [dy], [x])[0]!;
  },
);

/** The gradient of a convolution by its weight: a convolution whose dilation is the stride. */
const convDilated = operatorCase(
  "Conv with dilation",
  convolution,
  (drawn) => ({ dy: leaf(resultOf(drawn)), x: leaf(imageOf(drawn)) }),
  ({ dy, x }, drawn) => {
    const weight = dy.graph.filled(0, weightOf(drawn));
    return vectorJacobianProduct([ops.conv2d(x, weight, undefined, drawn)], [dy], [weight])[0]!;
  },
);

/** Convolutions with a kernel for each channel. */
const depthwise = convolution.map((drawn) => ({ ...drawn, outputs: drawn.inputs }));
const depthwiseWeightOf = ({ inputs, kernel }: Convolution) => [inputs, 1, ...kernel];

const depthwiseConv2d = operatorCase(
  "depthwiseConv2d",
  depthwise,
  (drawn) => ({
    x: leaf(imageOf(drawn)),
    weight: leaf(depthwiseWeightOf(drawn)),
    bias: leaf([drawn.inputs]),
  }),
  ({ x, weight, bias }, drawn) => ops.depthwiseConv2d(x, weight, drawn.bias ? bias : undefined, drawn),
);

/** Both gradients of a depthwise convolution, differentiated in their turn. */
const depthwiseGradients = operatorCase(
  "gradients of depthwiseConv2d",
  depthwise,
  (drawn) => ({ x: leaf(imageOf(drawn)), weight: leaf(depthwiseWeightOf(drawn)), dy: leaf(resultOf(drawn)) }),
  ({ x, weight, dy }, drawn) => {
    const y = ops.depthwiseConv2d(x, weight, undefined, drawn);
    const [dx, dw] = vectorJacobianProduct([y], [dy], [x, weight]) as [Value, Value];
    return ops.add(ops.reduceSum(ops.mul(dx, dx)), ops.reduceSum(ops.mul(dw, dw)));
  },
);

/** A 1 x 1 convolution, whose gradients are matrix products. */
const pointwise = operatorCase(
  "conv2d of 1 x 1",
  convolution.map((drawn) => ({ ...drawn, kernel: [1, 1], stride: 1, padding: 0 })),
  (drawn) => ({ x: leaf(imageOf(drawn)), weight: leaf(weightOf(drawn)), bias: leaf([drawn.outputs]) }),
  ({ x, weight, bias }, drawn) => ops.conv2d(x, weight, drawn.bias ? bias : undefined, drawn),
);

export const productCases: readonly OperatorCase[] = [
  attention,
  matmul,
  linear,
  conv2d,
  convTranspose,
  convDilated,
  depthwiseConv2d,
  depthwiseGradients,
  pointwise,
];
