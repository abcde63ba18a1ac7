import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calibratedScore } from "./calibration.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const curve = fc.record({
  slope: fc.double({ min: 1e-3, max: 50, noNaN: true }),
  offset: fc.double({ min: -50, max: 50, noNaN: true }),
});

describe("calibratedScore", () => {
  it("stays in [0, 1] and never falls as the score rises", () => {
    fc.assert(
      fc.property(share, share, curve, (a, b, calibration) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((score) =>
          calibratedScore(score, calibration),
        ) as [number, number];
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(high);
      }),
    );
  });

  it("is the identity without a calibration, and nearly so for slope 1 and offset 0", () => {
    fc.assert(
      fc.property(share, (score) => {
        expect(calibratedScore(score)).toBe(score);
        expect(calibratedScore(score, { slope: 1, offset: 0 })).toBeCloseTo(score, 12);
      }),
    );
  });

  it("gives 0 for NaN", () => {
    expect(calibratedScore(Number.NaN)).toBe(0);
    expect(calibratedScore(Number.NaN, { slope: 2, offset: 1 })).toBe(0);
  });
});
