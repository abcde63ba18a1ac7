import { LoratError } from "@lorat/graph";
import { bfloat16ToFloat32, float32ToHalf, halfToFloat32 } from "./half.ts";

/** Element types of weight files, by the names of the safetensors format. */
export const dtypes = ["BOOL", "U8", "I8", "I16", "F16", "BF16", "I32", "F32", "F64", "I64"] as const;

/** One of {@link dtypes}; their order there is the safetensors writer's, by alignment. */
export type WeightDType = (typeof dtypes)[number];

/** Bytes an element. */
export const dtypeSize: Readonly<Record<WeightDType, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  I16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
};

/** Whether `name` is a dtype that this project reads. */
export function isWeightDType(name: unknown): name is WeightDType {
  return (dtypes as readonly unknown[]).includes(name);
}

/**
 * Decodes little-endian bytes to float32: exact from F16, BF16, I16, I8, U8 and BOOL, rounded to nearest from the wider
 * types. F32 on an address that is a multiple of four is a view of `bytes`, not a copy. Throws `TENSOR_BYTES` when
 * the length is no whole number of elements.
 */
export function decodeFloat32(dtype: WeightDType, bytes: Uint8Array): Float32Array {
  const size = dtypeSize[dtype];
  if (bytes.byteLength % size !== 0) {
    throw new LoratError(
      "TENSOR_BYTES",
      `${bytes.byteLength} bytes are no whole number of ${dtype} elements`,
    );
  }
  // not slice(), which a Node Buffer overrides to share its memory
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  const { buffer, byteOffset } = aligned;
  const count = bytes.byteLength / size;
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer, byteOffset, count);
    case "F16":
      return halfToFloat32(new Uint16Array(buffer, byteOffset, count));
    case "BF16":
      return bfloat16ToFloat32(new Uint16Array(buffer, byteOffset, count));
    case "F64":
      return new Float32Array(new Float64Array(buffer, byteOffset, count));
    case "I64":
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case "I32":
      return new Float32Array(new Int32Array(buffer, byteOffset, count));
    case "I16":
      return new Float32Array(new Int16Array(buffer, byteOffset, count));
    case "I8":
      return new Float32Array(new Int8Array(buffer, byteOffset, count));
    case "U8":
      return new Float32Array(aligned);
    case "BOOL":
      return Float32Array.from(aligned, (byte) => (byte === 0 ? 0 : 1));
  }
}

/** Bytes of `values` as F32 (a view) or F16 (rounded to nearest even). */
export function encodeFloat32(dtype: "F32" | "F16", values: Float32Array): Uint8Array {
  const array = dtype === "F32" ? values : float32ToHalf(values);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Number of elements of a shape; the empty shape is a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
