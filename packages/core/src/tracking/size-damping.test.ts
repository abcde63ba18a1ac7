import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Corners } from "../geometry/box.ts";
import { dampedSize } from "./size-damping.ts";

const box = fc
  .tuple(
    fc.double({ min: -50, max: 50, noNaN: true }),
    fc.double({ min: -50, max: 50, noNaN: true }),
    fc.double({ min: 1, max: 90, noNaN: true }),
    fc.double({ min: 1, max: 90, noNaN: true }),
  )
  .map(([x, y, width, height]): Corners => [x, y, x + width, y + height]);

describe("dampedSize", () => {
  it("moves with the prediction and takes over a share of its change of size", () => {
    const damped = dampedSize([0, 0, 10, 20], [100, 100, 140, 120], 0.5);
    expect(damped.map((value) => Math.round(value * 1e6) / 1e6)).toEqual([110, 100, 130, 120]);
  });

  it("is the prediction at a gain of 1, or where a box has no area", () => {
    fc.assert(fc.property(box, box, (a, b) => dampedSize(a, b, 1) === b));
    const inverted: Corners = [5, 5, 4, 9];
    expect(dampedSize([0, 0, 1, 1], inverted, 0.1)).toBe(inverted);
  });

  it("keeps the predicted centre, and lies between both sizes", () => {
    fc.assert(
      fc.property(box, box, fc.double({ min: 0.01, max: 1, noNaN: true }), (a, b, gain) => {
        const damped = dampedSize(a, b, gain);
        for (const axis of [0, 1] as const) {
          expect(damped[axis] + damped[axis + 2]!).toBeCloseTo(b[axis] + b[axis + 2]!, 6);
          const sides = [a[axis + 2]! - a[axis], b[axis + 2]! - b[axis]].sort((p, q) => p - q);
          const side = damped[axis + 2]! - damped[axis];
          expect(side).toBeGreaterThanOrEqual(sides[0]! - 1e-6);
          expect(side).toBeLessThanOrEqual(sides[1]! + 1e-6);
        }
      }),
    );
  });
});
