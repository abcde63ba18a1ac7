import type { Attributes } from "../../graph.ts";
import { broadcast, read, readBroadcast, tensor64 } from "../tensor64.ts";
import { integer, type Kernel, list, required } from "./kernel.ts";

const matmul: Kernel = (inputs) => {
  const a = required(inputs, 0);
  const b = required(inputs, 1);
  const [m, k] = a.shape.slice(-2) as [number, number];
  const [k2, n] = b.shape.slice(-2) as [number, number];
  if (k !== k2) throw new Error(`[${a.shape}] times [${b.shape}]`);
  const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return [
    tensor64([...batch, m, n], (index) => {
      const lead = index.slice(0, -2);
      const [row, column] = index.slice(-2) as [number, number];
      let sum = 0;
      for (let i = 0; i < k; i++) {
        sum += readBroadcast(a, [...lead, row, i]) * readBroadcast(b, [...lead, i, column]);
      }
      return sum;
    }),
  ];
};

/** Sliding window of a two-dimensional convolution. */
interface Window {
  readonly strides: readonly number[];
  /** Top, left, bottom, right. */
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
}

function window(attributes: Attributes): Window {
  if (attributes.auto_pad !== undefined) throw new Error("automatic padding is not interpreted");
  return {
    strides: list(attributes.strides, [1, 1]),
    pads: list(attributes.pads, [0, 0, 0, 0]),
    dilations: list(attributes.dilations, [1, 1]),
    groups: integer(attributes.group, 1),
  };
}

const conv: Kernel = (inputs, attributes) => {
  const x = required(inputs, 0);
  const weight = required(inputs, 1);
  const { strides, pads, dilations, groups } = window(attributes);
  const [batch, , ...size] = x.shape as [number, number, number, number];
  const [outputs, channels, ...kernel] = weight.shape as [number, number, number, number]; // channels of one group
  const out = size.map((dim, i) => {
    const extent = dilations[i]! * (kernel[i]! - 1) + 1;
    return Math.floor((dim + pads[i]! + pads[2 + i]! - extent) / strides[i]!) + 1;
  });
  return [
    tensor64([batch, outputs, ...out], ([n, o, row, column]) => {
      let sum = inputs[2] ? inputs[2].data[o!]! : 0;
      for (let c = 0; c < channels; c++) {
        for (let i = 0; i < kernel[0]!; i++) {
          for (let j = 0; j < kernel[1]!; j++) {
            const y = row! * strides[0]! + i * dilations[0]! - pads[0]!;
            const z = column! * strides[1]! + j * dilations[1]! - pads[1]!;
            if (y < 0 || z < 0 || y >= size[0]! || z >= size[1]!) continue;
            const group = Math.floor(o! / (outputs / groups));
            sum += read(x, [n!, group * channels + c, y, z]) * read(weight, [o!, c, i, j]);
          }
        }
      }
      return sum;
    }),
  ];
};

const convTranspose: Kernel = (inputs, attributes) => {
  const x = required(inputs, 0);
  const weight = required(inputs, 1);
  const { strides, pads, dilations, groups } = window(attributes);
  const extra = list(attributes.output_padding, [0, 0]);
  const [batch, channels, ...size] = x.shape as [number, number, number, number];
  const [, outputs, ...kernel] = weight.shape as [number, number, number, number];
  const out = size.map(
    (dim, i) =>
      strides[i]! * (dim - 1) + extra[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - pads[i]! - pads[2 + i]!,
  );
  return [
    tensor64([batch, outputs * groups, ...out], ([n, o, row, column]) => {
      let sum = inputs[2] ? inputs[2].data[o!]! : 0;
      const group = Math.floor(o! / outputs);
      for (let c = (group * channels) / groups; c < ((group + 1) * channels) / groups; c++) {
        for (let i = 0; i < kernel[0]!; i++) {
          for (let j = 0; j < kernel[1]!; j++) {
            const y = (row! + pads[0]! - i * dilations[0]!) / strides[0]!;
            const z = (column! + pads[1]! - j * dilations[1]!) / strides[1]!;
            const whole = Number.isInteger(y) && Number.isInteger(z);
            if (!whole || y < 0 || z < 0 || y >= size[0]! || z >= size[1]!) continue;
            sum += read(x, [n!, c, y, z]) * read(weight, [c, o! % outputs, i, j]);
          }
        }
      }
      return sum;
    }),
  ];
};

export const productKernels: Readonly<Record<string, Kernel>> = {
  MatMul: matmul,
  Conv: conv,
  ConvTranspose: convTranspose,
};
