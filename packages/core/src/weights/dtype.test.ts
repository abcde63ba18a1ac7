import { describe, expect, it } from "vitest";
import { joined, rawBytes } from "../testing/bytes.ts";
import {
  decodeFloat32,
  dtypeSize,
  dtypes,
  elementCount,
  encodeFloat32,
  isWeightDType,
  type WeightDType,
} from "./dtype.ts";

const samples: [WeightDType, ArrayBufferView, number[]][] = [
  ["F64", Float64Array.of(1 / 3, -1e300, 2 ** -150), [Math.fround(1 / 3), Number.NEGATIVE_INFINITY, 0]],
  ["F32", Float32Array.of(0.1, -0), [Math.fround(0.1), -0]],
  ["F16", Uint16Array.of(0x3555, 0x0001, 0xfc00), [0.333251953125, 2 ** -24, Number.NEGATIVE_INFINITY]],
  ["BF16", Uint16Array.of(0x3eab, 0x0001), [0.333984375, 2 ** -133]],
  ["I64", BigInt64Array.of(-(2n ** 40n), 64n), [-(2 ** 40), 64]],
  ["I32", Int32Array.of(-2147483648, 7), [-2147483648, 7]],
  ["I16", Int16Array.of(-32768, 7), [-32768, 7]],
  ["I8", Int8Array.of(-128, 7), [-128, 7]],
  ["U8", Uint8Array.of(255, 7), [255, 7]],
  ["BOOL", Uint8Array.of(0, 1, 255), [0, 1, 1]],
];

describe("decodeFloat32", () => {
  it("has a sample of every dtype", () => {
    expect(samples.map(([dtype]) => dtype).sort()).toEqual([...dtypes].sort());
  });

  it.each(samples)("decodes %s", (dtype, stored, expected) => {
    expect([...decodeFloat32(dtype, rawBytes(stored))]).toEqual(expected);
  });

  it.each(samples)("decodes %s from an odd address", (dtype, stored, expected) => {
    const inBuffer = Buffer.from(joined([Uint8Array.of(0xee), rawBytes(stored)])).subarray(1);
    expect([...decodeFloat32(dtype, inBuffer)]).toEqual(expected);
    const shifted = joined([Uint8Array.of(0xee), rawBytes(stored)]).subarray(1);
    expect([...decodeFloat32(dtype, shifted)]).toEqual(expected);
  });

  it("makes no copy of aligned F32", () => {
    const values = Float32Array.of(1, 2);
    expect(decodeFloat32("F32", new Uint8Array(values.buffer)).buffer).toBe(values.buffer);
  });

  it("refuses bytes that are no whole number of elements", () => {
    expect(() => decodeFloat32("F32", new Uint8Array(6))).toThrow(
      expect.objectContaining({ code: "TENSOR_BYTES", message: expect.stringContaining("6 bytes") }),
    );
  });
});

it("encodes F32 and F16", () => {
  expect([...encodeFloat32("F32", Float32Array.of(1))]).toEqual([0, 0, 0x80, 0x3f]);
  expect([...encodeFloat32("F16", Float32Array.of(1, -2))]).toEqual([0, 0x3c, 0, 0xc0]);
});

it("knows dtypes, sizes and shapes", () => {
  expect(isWeightDType("F32")).toBe(true);
  expect(isWeightDType("F8_E4M3")).toBe(false);
  expect(dtypes.map((dtype) => dtypeSize[dtype])).toEqual([1, 1, 1, 2, 2, 2, 4, 4, 8, 8]);
  expect([elementCount([]), elementCount([2, 3]), elementCount([2, 0])]).toEqual([1, 6, 0]);
});
