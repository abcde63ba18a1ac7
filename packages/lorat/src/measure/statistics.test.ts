import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linearFit, medianOf, pairedRatio, spreadOf } from "./statistics.ts";

const value = fc.double({ min: -1e3, max: 1e3, noNaN: true });
const time = fc.double({ min: 1e-3, max: 1e6, noNaN: true });

describe("linearFit", () => {
  it("finds the line that points lie on", () => {
    fc.assert(
      fc.property(
        value,
        value,
        fc.uniqueArray(fc.integer({ min: -500, max: 500 }), { minLength: 2 }),
        (a, b, xs) => {
          const fit = linearFit(
            xs,
            xs.map((x) => a * x + b),
          );
          expect(Math.abs(fit.slope - a)).toBeLessThan(1e-6 * Math.max(1, Math.abs(a), Math.abs(b)));
          expect(Math.abs(fit.intercept - b)).toBeLessThan(1e-3 * Math.max(1, Math.abs(a), Math.abs(b)));
          if (Math.abs(a) > 1) expect(fit.rSquared).toBeGreaterThan(1 - 1e-6);
        },
      ),
    );
  });

  it("leaves no better slope or intercept beside it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value), { minLength: 3, maxLength: 20 }),
        value,
        value,
        (points, da, db) => {
          const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
          fc.pre(Math.max(...xs) - Math.min(...xs) > 1e-3);
          const { slope, intercept, rSquared } = linearFit(xs, ys);
          const error = (a: number, b: number) =>
            xs.reduce((sum, x, i) => sum + (ys[i]! - a * x - b) ** 2, 0);
          expect(error(slope, intercept)).toBeLessThanOrEqual(
            error(slope + da, intercept + db) * (1 + 1e-9) + 1e-6,
          );
          expect(rSquared).toBeGreaterThanOrEqual(0);
          expect(rSquared).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it("refuses what no line goes through", () => {
    expect(() => linearFit([1, 1], [1, 2])).toThrow(RangeError);
    expect(() => linearFit([1, 2, 3], [1, 2])).toThrow(RangeError);
    expect(linearFit([1, 2, 3], [4, 4, 4])).toEqual({ slope: 0, intercept: 4, rSquared: 1 });
  });
});

describe("pairedRatio", () => {
  it("does not see what slows both of a round down", () => {
    fc.assert(
      fc.property(time, time, fc.array(time, { minLength: 1, maxLength: 9 }), (a, b, slowdowns) => {
        const { median, low, high, rounds } = pairedRatio(
          slowdowns.map((factor) => a * factor),
          slowdowns.map((factor) => b * factor),
        );
        for (const ratio of [median, low, high, ...rounds]) expect(ratio / (a / b)).toBeCloseTo(1, 6);
      }),
    );
  });

  it("refuses rounds without a partner", () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow(RangeError);
  });
});

describe("medianOf", () => {
  it("has as many values below as above", () => {
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 30 }), (values) => {
        const median = medianOf(values);
        const below = values.filter((one) => one < median).length;
        const above = values.filter((one) => one > median).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });
});

describe("spreadOf", () => {
  it("gives median and tenth to ninetieth percentile", () => {
    expect(spreadOf([5, 1, 4, 2, 3])).toEqual({ count: 5, median: 3, low: 1.4, high: 4.6 });
    expect(spreadOf([4, 2]).median).toBe(3);
    expect(spreadOf([7])).toEqual({ count: 1, median: 7, low: 7, high: 7 });
  });

  it("leaves its input in order and refuses an empty one", () => {
    const values = [3, 1, 2];
    spreadOf(values);
    expect(values).toEqual([3, 1, 2]);
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});
