import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bfloat16ToFloat32, float32ToBfloat16, float32ToHalf, halfToFloat32 } from "./half.ts";

const everyPattern = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);

/** Value of a 16-bit float by its definition, sign, exponent and fraction spelled out. */
function definedValue(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >>> 15 === 0 ? 1 : -1;
  const largest = 2 ** exponentBits - 1;
  const exponent = (bits >>> fractionBits) & largest;
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === largest) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

/** The pattern nearest to a finite value of at most the largest finite pattern, ties to the even one: by search. */
function nearestPattern(value: number, values: Float32Array, infinity: number): number {
  const size = Math.abs(value);
  let low = 0;
  let high = infinity - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= size) low = middle;
    else high = middle;
  }
  const below = size - values[low]!;
  const above = values[high]! - size;
  const chosen = below < above || (below === above && low % 2 === 0) ? low : high;
  return chosen | (Object.is(value, -0) || value < 0 ? 0x8000 : 0);
}

const formats = [
  { name: "F16", decode: halfToFloat32, encode: float32ToHalf, exponent: 5, fraction: 10, infinity: 0x7c00 },
  {
    name: "BF16",
    decode: bfloat16ToFloat32,
    encode: float32ToBfloat16,
    exponent: 8,
    fraction: 7,
    infinity: 0x7f80,
  },
];

describe.each(formats)("$name", ({ decode, encode, exponent, fraction, infinity }) => {
  const values = decode(everyPattern);

  it("decodes every pattern to the value of its definition", () => {
    const expected = Float32Array.from(everyPattern, (bits) => definedValue(bits, exponent, fraction));
    expect(values).toEqual(expected);
  });

  it("gives every pattern back, NaNs as NaNs with their sign", () => {
    const back = encode(values);
    const changed = everyPattern.filter((bits) => back[bits] !== bits);
    expect([...decode(changed)].every(Number.isNaN)).toBe(true);
    expect([...changed].every((bits) => back[bits]! >> 15 === bits >> 15)).toBe(true);
    expect([...decode(back)].filter(Number.isNaN)).toHaveLength([...values].filter(Number.isNaN).length);
  });

  it("rounds to the nearest pattern, ties to even", () => {
    const largest = values[infinity - 1]!;
    const inRange = fc.float({ min: -largest, max: largest, noNaN: true });
    // half-way points between neighbours, where rounding is decided
    const ties = fc
      .integer({ min: 0, max: infinity - 2 })
      .map((bits) => Math.fround((values[bits]! + values[bits + 1]!) / 2));
    fc.assert(
      fc.property(fc.oneof(inRange, ties), (value) => {
        expect(encode(Float32Array.of(value))[0]).toBe(nearestPattern(value, values, infinity));
      }),
      { numRuns: 2000 },
    );
  });

  it("keeps infinities and turns overflow into them", () => {
    const step = values[infinity - 1]! - values[infinity - 2]!;
    const tie = values[infinity - 1]! + step / 2;
    expect([...encode(Float32Array.of(Infinity, -Infinity, tie, -3.4028234663852886e38))]).toEqual([
      infinity,
      infinity | 0x8000,
      infinity,
      infinity | 0x8000,
    ]);
  });
});

it("leaves NaNs with only low fraction bits NaN", () => {
  const sneaky = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001).buffer);
  expect([...halfToFloat32(float32ToHalf(sneaky))]).toEqual([Number.NaN, Number.NaN]);
  expect([...bfloat16ToFloat32(float32ToBfloat16(sneaky))]).toEqual([Number.NaN, Number.NaN]);
});
