import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { multiStartFrames, multiStartScores, resetScores, votOverlap } from "./index.ts";

const box = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });
const short = { threshold: 0.1, grace: 2, low: 1, high: 5 };

describe("overlap in whole pixels", () => {
  it("counts pixels inside the image", () => {
    expect(votOverlap(box(0, 0, 10, 10), box(5, 0, 10, 10))).toBeCloseTo(50 / 150, 12);
    expect(votOverlap(box(0, 0, 10, 10), box(5, 0, 10, 10), { width: 10, height: 10 })).toBe(0.5);
    // Half the box lies left of the image: what is seen of it is the whole truth.
    expect(votOverlap(box(-5, 0, 10, 4), box(0, 0, 5, 4), { width: 20, height: 20 })).toBe(1);
    expect(votOverlap(box(0, 0, 10, 10), box(20, 20, 5, 5))).toBe(0);
    expect(votOverlap(box(0, 0, 10, 10), box(0.4, 0.4, 10, 10))).toBe(1);
    // 0.5 rounds to 0 and 1.5 to 2.
    expect(votOverlap(box(0.5, 0, 2, 1), box(0, 0, 3, 1))).toBe(1);
    expect(votOverlap(box(0, 0, 0, 5), box(0, 0, 5, 5))).toBe(0);
    expect(votOverlap(box(Number.NaN, 0, 5, 5), box(0, 0, 5, 5))).toBe(0);
  });

  it("is symmetric and within 0 and 1", () => {
    const coordinate = fc.double({ min: -50, max: 50, noNaN: true });
    const side = fc.double({ min: 0, max: 60, noNaN: true });
    const any = fc.record({ x: coordinate, y: coordinate, width: side, height: side });
    fc.assert(
      fc.property(any, any, (a, b) => {
        const overlap = votOverlap(a, b, { width: 40, height: 30 });
        expect(overlap).toBeGreaterThanOrEqual(0);
        expect(overlap).toBeLessThanOrEqual(1);
        expect(votOverlap(b, a, { width: 40, height: 30 })).toBe(overlap);
      }),
    );
  });
});

describe("the multi-start experiment", () => {
  it("runs forward from positive anchors and back from negative ones", () => {
    expect(multiStartFrames([1, 0, 1, -1])).toEqual([
      [0, 1, 2, 3],
      [2, 3],
      [3, 2, 1, 0],
    ]);
  });

  it("agrees with a case worked by hand", () => {
    const { accuracy, robustness, eao, eaoCurve } = multiStartScores(
      [
        // Fails at frame 2 of 4: frames 2 and 3 are at or below 0.1.
        { length: 10, runs: [{ overlaps: [1, 0.8, 0.1, 0] }] },
        // Never fails: one lost frame, then a lost one where the target is absent.
        {
          length: 30,
          runs: [{ overlaps: [1, 0.6, 0, 0.05, 0.6, 0.4], present: [true, true, true, false, true, true] }],
        },
      ],
      short,
    );
    // 2 of 4 frames and 6 of 6, weighted by 10 and 30.
    expect(robustness).toBeCloseTo((0.5 * 10 + 1 * 30) / 40, 12);
    // 0 + 0.8 over 2 frames, 0 + 0.6 + 0 + 0.05 + 0.6 + 0.4 over 6.
    expect(accuracy).toBeCloseTo((0.8 + 1.65) / 8, 12);
    const failed = [0, 0.8, 0.4, 0.8 / 3, 0.8 / 3];
    const survived = [0, 0.6, 0.3, 0.65 / 3, 1.25 / 4];
    const curve = failed.map((value, i) => (value + survived[i]!) / 2);
    for (const [i, value] of curve.entries()) expect(eaoCurve[i]).toBeCloseTo(value, 12);
    expect(eao).toBeCloseTo((curve[1]! + curve[2]! + curve[3]! + curve[4]!) / 4, 12);
  });

  it("leaves a run that ends well out of lengths beyond its own", () => {
    const { eaoCurve } = multiStartScores([{ length: 3, runs: [{ overlaps: [1, 0.5, 0.7] }] }], short);
    expect(eaoCurve[1]).toBeCloseTo(0.5, 12);
    expect(eaoCurve[2]).toBeCloseTo(0.6, 12);
    expect(eaoCurve.slice(3)).toEqual([0, 0]);
  });

  it("is 1 for perfect trackers but for the first frame, and falls when a tracker gets worse", () => {
    const perfect = multiStartScores([{ length: 100, runs: [{ overlaps: Array(100).fill(1) }] }], {
      low: 20,
      high: 80,
    });
    expect(perfect.robustness).toBe(1);
    expect(perfect.accuracy).toBeCloseTo(0.99, 12);
    expect(perfect.eao).toBe(1);
    const overlaps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(overlaps, fc.nat(), (before, where) => {
        const worse = before.map((overlap, i) => (i >= where % before.length ? 0 : overlap));
        const scores = (run: number[]) =>
          multiStartScores([{ length: run.length, runs: [{ overlaps: run }] }], { low: 5, high: 15 });
        const [good, bad] = [scores(before), scores(worse)];
        expect(bad.robustness).toBeLessThanOrEqual(good.robustness);
        expect(bad.eao).toBeLessThanOrEqual(good.eao + 1e-12);
        for (const value of [good.accuracy, good.robustness, good.eao]) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it("refuses nothing at all and flags that do not fit", () => {
    expect(() => multiStartScores([])).toThrow(expect.objectContaining({ code: "METRICS_EMPTY" }));
    expect(() => multiStartScores([{ length: 5, runs: [] }])).toThrow(
      expect.objectContaining({ code: "METRICS_EMPTY" }),
    );
    expect(() => multiStartScores([{ length: 5, runs: [{ overlaps: [1, 1], present: [true] }] }])).toThrow(
      expect.objectContaining({ code: "METRICS_LENGTH" }),
    );
  });
});

describe("the reset-based experiment", () => {
  it("agrees with a case worked by hand", () => {
    const scores = resetScores(
      [
        {
          repetitions: [
            ["started", 0.9, 0.5, "failed", "skipped", "started", 0.7, 0.3],
            ["started", 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
          ],
        },
        { repetitions: [["started", 1, 1, 1]] },
      ],
      { burnIn: 2, low: 1, high: 2, sensitivity: 2 },
    );
    // Past two frames from each start: 0.5 and 0.3; then 0.5; then 1.
    const first = ((0.5 + 0.3) / 2 + 0.5) / 2;
    expect(scores.accuracy).toBeCloseTo((first * 8 + 1 * 4) / 12, 12);
    expect(scores.failures).toBeCloseTo((0.5 * 8) / 12, 12);
    expect(scores.reliability).toBeCloseTo(Math.exp((-2 * 4) / 12), 12);
    // Four fragments: [_, 0.9, 0.5] failed, [_, 0.7, 0.3], [_, 0.5 x 7], [_, 1, 1, 1].
    expect(scores.eaoCurve[1]).toBeCloseTo((0.9 + 0.7 + 0.5 + 1) / 4, 12);
    expect(scores.eaoCurve[2]).toBeCloseTo((0.7 + 0.5 + 0.5 + 1) / 4, 12);
    expect(scores.eaoCurve[3]).toBeCloseTo((1.4 / 3 + 0.5 + 1) / 3, 12);
    expect(scores.eaoCurve[4]).toBeCloseTo((1.4 / 4 + 0.5) / 2, 12);
    expect(scores.eao).toBeCloseTo((scores.eaoCurve[1]! + scores.eaoCurve[2]!) / 2, 12);
  });

  it("gives a perfect tracker everything and refuses nothing at all", () => {
    const perfect = resetScores([{ repetitions: [["started", ...Array(400).fill(1)]] }]);
    expect(perfect).toMatchObject({ accuracy: 1, failures: 0, reliability: 1, eao: 1 });
    expect(() => resetScores([])).toThrow(expect.objectContaining({ code: "METRICS_EMPTY" }));
  });
});
