import { LoratError } from "./errors.ts";
import { sizeOf } from "./shape.ts";

/** Element types that graphs use. Half precision is held as raw bits in a `Uint16Array`, booleans as bytes. */
export type DType = "float32" | "float16" | "float64" | "int64" | "int32" | "int8" | "uint8" | "bool";

/** The typed array that holds each {@link DType} in JavaScript. */
export interface TypedArrayOf {
  float32: Float32Array;
  float16: Uint16Array;
  float64: Float64Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int8: Int8Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

/** The array of any element type. */
export type TypedArray = TypedArrayOf[DType];

/** Bytes an element. */
export const bytesPerElement: Readonly<Record<DType, number>> = {
  float32: 4,
  float16: 2,
  float64: 8,
  int64: 8,
  int32: 4,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** A tensor in JavaScript memory, row-major. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: TypedArrayOf[D];
}

/** A float32 tensor; throws `TENSOR_SIZE` when data and shape disagree. */
export function float32(data: Float32Array | readonly number[], shape: readonly number[]): Tensor<"float32"> {
  const array = data instanceof Float32Array ? data : Float32Array.from(data);
  return checked({ dtype: "float32", shape, data: array });
}

/** An int64 tensor from plain integers. */
export function int64(
  values: readonly number[],
  shape: readonly number[] = [values.length],
): Tensor<"int64"> {
  return checked({ dtype: "int64", shape, data: BigInt64Array.from(values, (v) => BigInt(v)) });
}

/** A boolean tensor, one byte an element. */
export function bool(values: readonly boolean[], shape: readonly number[]): Tensor<"bool"> {
  return checked({ dtype: "bool", shape, data: Uint8Array.from(values, (v) => (v ? 1 : 0)) });
}

/** A float32 scalar, shape `[]`. */
export function scalar(value: number): Tensor<"float32"> {
  return { dtype: "float32", shape: [], data: Float32Array.of(value) };
}

/** The tensor's own bytes, without a copy. */
export function bytesOf(tensor: Tensor): Uint8Array {
  return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
}

function checked<D extends DType>(tensor: Tensor<D>): Tensor<D> {
  if (tensor.data.length !== sizeOf(tensor.shape)) {
    throw new LoratError(
      "TENSOR_SIZE",
      `a tensor of shape [${tensor.shape}] needs ${sizeOf(tensor.shape)} elements, ${tensor.data.length} were given`,
    );
  }
  return tensor;
}
