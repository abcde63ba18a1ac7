import { LoratError } from "../errors.ts";
import type { Operator, Value } from "../graph.ts";
import { sizeOf } from "../shape.ts";
import { add } from "./elementwise.ts";
import { reshape, slice, transpose } from "./layout.ts";
import { listAttribute } from "./operand.ts";

/** Attributes of the convolutions used here: one stride, one padding and one dilation for both axes. */
interface ConvAttributes {
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

function read(attributes: Readonly<Record<string, unknown>>): ConvAttributes {
  return {
    stride: listAttribute(attributes.strides)[0]!,
    padding: listAttribute(attributes.pads)[0]!,
    dilation: listAttribute(attributes.dilations)[0]!,
  };
}

function write({ stride, padding, dilation }: ConvAttributes, kernel: readonly number[]) {
  return {
    kernel_shape: kernel,
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    dilations: [dilation, dilation],
  };
}

export const convOperator: Operator = {
  type: "Conv",
  infer: ([x, weight], attributes) => {
    const { stride, padding, dilation } = read(attributes);
    const [batch, channels, ...size] = x!.shape;
    const [outputs, inputs, ...kernel] = weight!.shape;
    const fits = size.every((dim, i) => dim + 2 * padding > dilation * (kernel[i]! - 1));
    if (x!.shape.length !== 4 || weight!.shape.length !== 4 || channels !== inputs || !fits) {
      throw new LoratError(
        "SHAPE_CONV",
        `[${x!.shape}] padded by ${padding} cannot be convolved with [${weight!.shape}]`,
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
    const { stride, padding, dilation } = read(attributes);
    let dx: Value | undefined;
    if (wanted[0]) {
      const sizes = x.shape.slice(2);
      const covered = dy.shape
        .slice(2)
        .map((dim, i) => (dim - 1) * stride + dilation * (weight.shape[2 + i]! - 1) + 1);
      // What the last stride left over gets no gradient: output padding puts it back.
      const left = sizes.map((dim, i) => dim + 2 * padding - covered[i]!);
      dx = x.graph.apply(convTransposeOperator, [dy, weight], {
        ...write({ stride, padding, dilation }, weight.shape.slice(2)),
        output_padding: left,
      })[0]!;
    }
    let dw: Value | undefined;
    if (wanted[1]) {
      // The weight gradient is a convolution of the input by the output's gradient, batch and channels swapped:
      // stride and dilation change places.
      const swapped = apply(convOperator, transpose(x, [1, 0, 2, 3]), transpose(dy, [1, 0, 2, 3]), {
        stride: dilation,
        padding,
        dilation: stride,
      });
      let full = transpose(swapped, [1, 0, 2, 3]);
      full = slice(full, 0, weight.shape[2]!, 2);
      dw = slice(full, 0, weight.shape[3]!, 3);
    }
    return [dx, dw];
  },
  macs: ([, weight], [y]) => sizeOf(y!.shape) * sizeOf(weight!.shape.slice(1)),
};

export const convTransposeOperator: Operator = {
  type: "ConvTranspose",
  infer: ([x, weight], attributes) => {
    const { stride, padding, dilation } = read(attributes);
    const extra = listAttribute(attributes.output_padding);
    const [batch, , ...size] = x!.shape;
    const [, outputs, ...kernel] = weight!.shape;
    const out = size.map(
      (dim, i) => (dim - 1) * stride - 2 * padding + dilation * (kernel[i]! - 1) + 1 + extra[i]!,
    );
    return [{ dtype: x!.dtype, shape: [batch!, outputs!, ...out] }];
  },
  gradient: ({ inputs, attributes, gradients, wanted }) => {
    const [x, weight] = inputs as [Value, Value];
    const geometry = read(attributes);
    return [
      wanted[0] ? crop(apply(convOperator, gradients[0]!, weight, geometry), x.shape) : undefined,
      wanted[1]
        ? crop(
            transpose(
              apply(convOperator, transpose(gradients[0]!, [1, 0, 2, 3]), transpose(x, [1, 0, 2, 3]), {
                stride: geometry.dilation,
                padding: geometry.padding,
                dilation: geometry.stride,
              }),
              [1, 0, 2, 3],
            ),
            weight.shape,
          )
        : undefined,
    ];
  },
  macs: ([x, weight]) => sizeOf(x!.shape) * sizeOf(weight!.shape.slice(1)),
};

/** The top-left part of both image axes, as large as `shape` has them. */
function crop(value: Value, shape: readonly number[]): Value {
  return slice(slice(value, 0, shape[2]!, 2), 0, shape[3]!, 3);
}

function apply(operator: Operator, x: Value, weight: Value, geometry: ConvAttributes): Value {
  return x.graph.apply(operator, [x, weight], write(geometry, weight.shape.slice(2)))[0]!;
}

/**
 * 2-D convolution of `[N, C, H, W]` by a weight `[outputs, C, kh, kw]`, zero padding on all sides; bias `[outputs]`.
 * Throws `SHAPE_CONV`.
 */
export function conv2d(
  x: Value,
  weight: Value,
  bias?: Value,
  { stride = 1, padding = 0 }: { stride?: number; padding?: number } = {},
): Value {
  const product = apply(convOperator, x, weight, { stride, padding, dilation: 1 });
  return bias ? add(product, reshape(bias, [1, bias.shape[0]!, 1, 1])) : product;
}
