import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Corners, iou, safeBox, toCorners } from "./box.ts";

const near = fc.double({ min: -50, max: 2100, noNaN: true });
const anything = fc.oneof(
  near,
  fc.double(),
  fc.integer({ min: -3, max: 2000 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, -1e300, 5e-324),
);
const anyBox: fc.Arbitrary<Corners> = fc.tuple(anything, anything, anything, anything);
const side = fc.integer({ min: 1, max: 2000 });

describe("safeBox", () => {
  it("is finite, inside the image and at least a pixel wide and high, whatever it is given", () => {
    fc.assert(
      fc.property(anyBox, anyBox, side, side, (raw, lastGood, imageWidth, imageHeight) => {
        const { x, y, width, height } = safeBox(raw, lastGood, { width: imageWidth, height: imageHeight });
        expect([x, y, width, height].every(Number.isFinite)).toBe(true);
        expect(x >= 0 && y >= 0).toBe(true);
        expect(width >= 1 && height >= 1).toBe(true);
        expect(x + width).toBeLessThanOrEqual(imageWidth);
        expect(y + height).toBeLessThanOrEqual(imageHeight);
      }),
      { numRuns: 3000 },
    );
  });

  it("leaves a proper box inside the image as it is, but for rounding", () => {
    // Hundredths of pixels: fast-check's doubles crowd around zero.
    const hundredths = (max: number) => fc.integer({ min: 0, max: max * 100 }).map((v) => v / 100);
    fc.assert(
      fc.property(hundredths(1000), hundredths(1000), hundredths(999), hundredths(999), (x, y, w, h) => {
        const box: Corners = [x, y, x + 1 + w, y + 1 + h];
        expect(iou(toCorners(safeBox(box, [0, 0, 1, 1], { width: 2000, height: 2000 })), box)).toBeCloseTo(
          1,
          9,
        );
      }),
    );
  });

  it("falls back to the last good box, then to the image", () => {
    const lastGood: Corners = [3, 4, 8, 10];
    for (const bad of [
      [Number.NaN, 0, 5, 5],
      [5, 0, 2, 5],
      [0, 0, 0, 0],
      [100, 0, 120, 5],
      [0, 0, Number.POSITIVE_INFINITY, 5],
    ] as Corners[]) {
      expect(safeBox(bad, lastGood, { width: 20, height: 20 })).toEqual({ x: 3, y: 4, width: 5, height: 6 });
      expect(safeBox(bad, bad, { width: 20, height: 20 })).toEqual({ x: 0, y: 0, width: 20, height: 20 });
    }
  });

  it("clips, and widens what is thinner than a pixel about its centre", () => {
    expect(safeBox([-5, 18, 4, 40], [0, 0, 1, 1], { width: 20, height: 20 })).toEqual({
      x: 0,
      y: 18,
      width: 4,
      height: 2,
    });
    expect(safeBox([5, 5, 5.5, 9], [0, 0, 1, 1], { width: 20, height: 20 })).toEqual({
      x: 4.75,
      y: 5,
      width: 1,
      height: 4,
    });
    expect(safeBox([19.9, 0, 30, 9], [0, 0, 1, 1], { width: 20, height: 20 })).toEqual({
      x: 19,
      y: 0,
      width: 1,
      height: 9,
    });
  });
});
