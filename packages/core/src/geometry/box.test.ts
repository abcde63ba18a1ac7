import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  area,
  type Corners,
  clipToImage,
  fromCorners,
  intersection,
  intersects,
  iou,
  isValidBox,
  toCorners,
} from "./box.ts";

const coordinate = fc.double({ min: -1e4, max: 1e4, noNaN: true });
const anyCorners: fc.Arbitrary<Corners> = fc.tuple(coordinate, coordinate, coordinate, coordinate);
const validCorners = anyCorners
  .map(([a, b, c, d]): Corners => [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)])
  .filter(isValidBox);

describe("box", () => {
  it("converts between the two forms", () => {
    expect(toCorners({ x: 1, y: 2, width: 3, height: 5 })).toEqual([1, 2, 4, 7]);
    expect(fromCorners([1, 2, 4, 7])).toEqual({ x: 1, y: 2, width: 3, height: 5 });
  });

  it("gives the IoU of two boxes that share a quarter of each", () => {
    expect(iou([0, 0, 2, 2], [1, 1, 3, 3])).toBeCloseTo(1 / 7, 12);
    expect(intersection([0, 0, 2, 2], [1, 1, 3, 3])).toEqual([1, 1, 2, 2]);
  });

  it("gives 0 for boxes that only touch, and for empty boxes", () => {
    expect(iou([0, 0, 1, 1], [1, 0, 2, 1])).toBe(0);
    expect(intersects([0, 0, 1, 1], [1, 0, 2, 1])).toBe(false);
    expect(iou([3, 3, 3, 3], [3, 3, 3, 3])).toBe(0);
    expect(area([2, 2, 1, 5])).toBe(0);
  });

  it("IoU is symmetric, in [0, 1], and 1 of a box with itself", () => {
    fc.assert(
      fc.property(validCorners, validCorners, (a, b) => {
        expect(iou(a, b)).toBe(iou(b, a));
        expect(iou(a, b)).toBeGreaterThanOrEqual(0);
        expect(iou(a, b)).toBeLessThanOrEqual(1);
        if (area(a) > 0) expect(iou(a, a)).toBe(1);
        if (iou(a, b) > 0) expect(intersects(a, b)).toBe(true);
      }),
    );
  });

  it("clips every corner on its own and lets NaN through", () => {
    expect(clipToImage([-3, 5, 20, 8], { width: 10, height: 6 })).toEqual([0, 5, 10, 6]);
    expect(clipToImage([-9, -9, -1, -1], { width: 10, height: 6 })).toEqual([0, 0, 0, 0]);
    expect(clipToImage([Number.NaN, 0, 1, 1], { width: 10, height: 6 })[0]).toBeNaN();
  });

  it("knows a valid box", () => {
    expect(isValidBox([0, 0, 1, 1])).toBe(true);
    for (const bad of [
      [0, 0, 0, 1],
      [1, 0, 0, 1],
      [0, 0, Number.POSITIVE_INFINITY, 1],
      [Number.NaN, 0, 1, 1],
    ] as Corners[]) {
      expect(isValidBox(bad)).toBe(false);
    }
  });
});
