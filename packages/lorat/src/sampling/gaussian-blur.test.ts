import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gaussianBlur } from "./gaussian-blur.ts";

/** The method read slowly: every pass over whole rows, then over whole columns, in exact integers. */
function slowBlur(bytes: Uint8Array, width: number, height: number, deviation: number): Uint8Array {
  const variance = deviation ** 2 / 3;
  const whole = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2);
  const part = ((2 * whole + 1) * (whole * (whole + 1) - 3 * variance)) / (6 * (variance - (whole + 1) ** 2));
  const inner = Math.trunc(2 ** 24 / (2 * (whole + part) + 1));
  const outer = Math.trunc((2 ** 24 - (2 * whole + 1) * inner) / 2);
  const pass = (from: Uint8Array, stepX: number, stepY: number) =>
    from.map((_, at) => {
      const [x, y] = [at % width, Math.floor(at / width)];
      const pixel = (k: number) => {
        const column = Math.min(Math.max(x + k * stepX, 0), width - 1);
        return from[Math.min(Math.max(y + k * stepY, 0), height - 1) * width + column]!;
      };
      let sum = 0;
      for (let k = -whole; k <= whole; k++) sum += pixel(k);
      const value = sum * inner + (pixel(-whole - 1) + pixel(whole + 1)) * outer;
      return Math.floor((value + 2 ** 23) / 2 ** 24);
    });
  let blurred = bytes;
  for (let i = 0; i < 3; i++) blurred = pass(blurred, 1, 0);
  for (let i = 0; i < 3; i++) blurred = pass(blurred, 0, 1);
  return blurred;
}

const picture = fc
  .record({ width: fc.integer({ min: 1, max: 23 }), height: fc.integer({ min: 1, max: 17 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      bytes: fc.uint8Array({ minLength: width * height, maxLength: width * height }),
    }),
  );

describe("gaussianBlur", () => {
  it("gives what the passes give one by one, for pictures of any size and blurs of any width", () => {
    fc.assert(
      fc.property(picture, fc.double({ min: 0.1, max: 6, noNaN: true }), (image, deviation) => {
        const { width, height, bytes } = image;
        const expected = slowBlur(bytes, width, height, deviation);
        const blurred = bytes.slice();
        gaussianBlur(blurred, width, height, deviation);
        // Radii are float32 numbers in the one and float64 in the other, which may tip a value over.
        expect(Math.max(...blurred.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("keeps a flat picture as it is", () => {
    for (const value of [0, 1, 127, 255]) {
      const flat = new Uint8Array(12 * 9).fill(value);
      gaussianBlur(flat, 12, 9, 1.3);
      expect(new Set(flat)).toEqual(new Set([value]));
    }
  });
});
