import { LoratError } from "../errors.ts";
import type { Operator, Value } from "../graph.ts";
import { sizeOf } from "../shape.ts";
import { add } from "./elementwise.ts";
import { reshape, slice, transpose } from "./layout.ts";
import { matmul } from "./matmul.ts";
import { listAttribute, numberAttribute } from "./operand.ts";
import { reduceSum } from "./reduce.ts";

/** Attributes of the convolutions used here: one stride, one padding and one dilation for both axes. */
interface ConvAttributes {
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  /** Groups of channels that see each other alone; default: 1. */
  readonly groups?: number;
}

function read(attributes: Readonly<Record<string, unknown>>): ConvAttributes {
  return {
    stride: listAttribute(attributes.strides)[0]!,
    padding: listAttribute(attributes.pads)[0]!,
    dilation: listAttribute(attributes.dilations)[0]!,
    groups: numberAttribute(attributes.group, 1),
  };
}

function write({ stride, padding, dilation, groups = 1 }: ConvAttributes, kernel: readonly number[]) {
  return {
    ...(groups > 1 && { group: groups }),
    kernel_shape: kernel,
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    dilations: [dilation, dilation],
  };
}

export const convOperator: Operator = {
  type: "Conv",
  infer: ([x, weight], attributes) => {
    const { stride, padding, dilation, groups = 1 } = read(attributes);
    const [batch, channels, ...size] = x!.shape;
    const [outputs, inputs, ...kernel] = weight!.shape;
    const fits = size.every((dim, i) => dim + 2 * padding > dilation * (kernel[i]! - 1));
    // One group, or as many as channels: every channel by a kernel of its own.
    const grouped =
      groups === 1 ? channels === inputs : inputs === 1 && outputs === groups && channels === groups;
    if (x!.shape.length !== 4 || weight!.shape.length !== 4 || !grouped || !fits) {
      throw new LoratError(
        "SHAPE_CONV",
        `[${x!.shape}] padded by ${padding} cannot be convolved with [${weight!.shape}]${groups > 1 ? ` in ${groups} groups` : ""}`,
      );
    }
    const out = size.map(
      (dim, i) => Math.floor((dim + 2 * padding - dilation * (kernel[i]! - 1) - 1) / stride) + 1,
    );
    return [{ dtype: x!.dtype, shape: [batch!, outputs!, ...out] }];
  },
  gradient: ({ inputs, attributes, gradients, wanted }) => {
    const [x, weight] = inputs as [Value, Value];
    const dy = gradients[0]!;
    const geometry = read(attributes);
    if (isPointwise(weight, geometry)) return pointwiseGradient(x, weight, dy, wanted);
    return [
      wanted[0] ? imageGradient(dy, weight, x.shape, geometry) : undefined,
      wanted[1] ? weightGradient(x, dy, weight.shape, geometry) : undefined,
    ];
  },
  macs: ([, weight], [y]) => sizeOf(y!.shape) * sizeOf(weight!.shape.slice(1)),
};

export const convTransposeOperator: Operator = {
  type: "ConvTranspose",
  infer: ([x, weight], attributes) => {
    const { stride, padding, dilation, groups = 1 } = read(attributes);
    const extra = listAttribute(attributes.output_padding);
    const [batch, , ...size] = x!.shape;
    const [, outputs, ...kernel] = weight!.shape;
    const out = size.map(
      (dim, i) => (dim - 1) * stride - 2 * padding + dilation * (kernel[i]! - 1) + 1 + extra[i]!,
    );
    return [{ dtype: x!.dtype, shape: [batch!, outputs! * groups, ...out] }];
  },
  gradient: ({ inputs, attributes, gradients, wanted }) => {
    const [x, weight] = inputs as [Value, Value];
    const geometry = read(attributes);
    const dy = gradients[0]!;
    return [
      wanted[0] ? crop(apply(convOperator, dy, weight, geometry), x.shape) : undefined,
      wanted[1] ? weightGradient(dy, x, weight.shape, geometry) : undefined,
    ];
  },
  macs: ([x, weight]) => sizeOf(x!.shape) * sizeOf(weight!.shape.slice(1)),
};

/** The gradient of a convolution by its image `[N, C, H, W]`: a transposed convolution of `dy` by the weight. */
function imageGradient(dy: Value, weight: Value, shape: readonly number[], geometry: ConvAttributes): Value {
  const { stride, padding, dilation } = geometry;
  // What the last stride left over gets no gradient: output padding puts it back.
  const left = [0, 1].map((i) => {
    const covered = (dy.shape[2 + i]! - 1) * stride + dilation * (weight.shape[2 + i]! - 1) + 1;
    return shape[2 + i]! + 2 * padding - covered;
  });
  const attributes = { ...write(geometry, weight.shape.slice(2)), output_padding: left };
  return dy.graph.apply(convTransposeOperator, [dy, weight], attributes)[0]!;
}

/**
 * The gradient of a convolution by its weight: a convolution of the image by the output's gradient, with stride and
 * dilation in each other's places. Batch and channels change places too; with a kernel for each channel, every pair of
 * sample and channel is a channel of its own, and the samples are summed up.
 */
function weightGradient(image: Value, dy: Value, shape: readonly number[], geometry: ConvAttributes): Value {
  const { stride, padding, dilation, groups = 1 } = geometry;
  const swapped = { stride: dilation, padding, dilation: stride };
  if (groups === 1) {
    const product = apply(convOperator, transpose(image, [1, 0, 2, 3]), transpose(dy, [1, 0, 2, 3]), swapped);
    return crop(transpose(product, [1, 0, 2, 3]), shape);
  }
  const [batch] = image.shape as [number];
  const channels = batch * groups;
  const product = apply(
    convOperator,
    reshape(image, [1, channels, ...image.shape.slice(2)]),
    reshape(dy, [channels, 1, ...dy.shape.slice(2)]),
    { ...swapped, groups: channels },
  ); // [1, batch * groups, >= kh, >= kw]
  const perSample = reshape(crop(product, shape), [batch, ...shape]);
  return reduceSum(perSample, [0]);
}

function isPointwise(weight: Value, { stride, padding, groups }: ConvAttributes): boolean {
  return weight.shape[2] === 1 && weight.shape[3] === 1 && stride === 1 && padding === 0 && groups === 1;
}

/** A 1 x 1 convolution is a matrix product at every pixel, and so are its gradients: several times faster on a CPU. */
function pointwiseGradient(
  x: Value,
  weight: Value,
  dy: Value,
  wanted: readonly boolean[],
): (Value | undefined)[] {
  const [outputs, inputs] = weight.shape as [number, number];
  const flat = (value: Value) =>
    reshape(value, [value.shape[0]!, value.shape[1]!, sizeOf(value.shape.slice(2))]);
  const matrix = reshape(weight, [outputs, inputs]);
  return [
    wanted[0] ? reshape(matmul(transpose(matrix), flat(dy)), x.shape) : undefined,
    wanted[1] ? reshape(reduceSum(matmul(flat(dy), transpose(flat(x))), [0]), weight.shape) : undefined,
  ];
}

/** The top-left part of both image axes, as large as `shape` has them. */
function crop(value: Value, shape: readonly number[]): Value {
  return slice(slice(value, 0, shape[2]!, 2), 0, shape[3]!, 3);
}

function apply(operator: Operator, x: Value, weight: Value, geometry: ConvAttributes): Value {
  return x.graph.apply(operator, [x, weight], write(geometry, weight.shape.slice(2)))[0]!;
}

/** Stride and zero padding of a convolution, the same on both axes. */
export interface ConvGeometry {
  /** Default: 1. */
  readonly stride?: number | undefined;
  /** Pixels of zeros on every side; default: 0. */
  readonly padding?: number | undefined;
}

/** 2-D convolution of `[N, C, H, W]` by a weight `[outputs, C, kh, kw]`; bias `[outputs]`. Throws `SHAPE_CONV`. */
export function conv2d(
  x: Value,
  weight: Value,
  bias?: Value,
  { stride = 1, padding = 0 }: ConvGeometry = {},
): Value {
  return withBias(apply(convOperator, x, weight, { stride, padding, dilation: 1 }), bias);
}

/**
 * Depthwise convolution: every channel of `[N, C, H, W]` by a kernel of its own. weight: `[C, 1, kh, kw]`; bias `[C]`.
 * Throws `SHAPE_CONV`.
 */
export function depthwiseConv2d(
  x: Value,
  weight: Value,
  bias?: Value,
  { stride = 1, padding = 0 }: ConvGeometry = {},
): Value {
  const geometry = { stride, padding, dilation: 1, groups: x.shape[1]! };
  return withBias(apply(convOperator, x, weight, geometry), bias);
}

function withBias(product: Value, bias: Value | undefined): Value {
  return bias ? add(product, reshape(bias, [1, bias.shape[0]!, 1, 1])) : product;
}
