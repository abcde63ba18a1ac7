import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Box } from "../geometry/box.ts";
import { compatibleOnePass, continuousOnePass } from "./index.ts";

const nothing: Box = { x: Number.NaN, y: Number.NaN, width: Number.NaN, height: Number.NaN };
const box = (x: number, y: number, width: number, height: number): Box => ({ x, y, width, height });

describe("one-pass evaluation", () => {
  const truth = [box(0, 0, 10, 10), box(5, 5, 20, 10), box(50, 50, 8, 8)];

  it("gives a perfect tracker every point except the strict one at overlap 1", () => {
    const strict = compatibleOnePass({ predicted: truth, truth }, "LaSOT");
    expect(strict.scores).toMatchObject({ precision: 1, normalisedPrecision: 1, sr50: 1, sr75: 1 });
    expect(strict.scores.auc).toBeCloseTo(20 / 21, 12);
    const inclusive = continuousOnePass({ predicted: truth, truth });
    expect(inclusive.scores).toEqual({
      auc: 1,
      precision: 1,
      normalisedPrecision: 1,
      sr50: 1,
      sr75: 1,
      ao: 1,
    });
  });

  it("counts an absent frame in the compatible convention and leaves it out in the continuous one", () => {
    const boxes = { predicted: [...truth, box(0, 0, 5, 5)], truth: [...truth, nothing] };
    expect(compatibleOnePass(boxes, "TNL2K").curves.success[0]).toBe(0.75);
    expect(continuousOnePass(boxes).curves.success[0]).toBe(1);
    expect(continuousOnePass(boxes).overlaps[3]).toBeNaN();
  });

  it("treats an absent frame in precision as each data set does", () => {
    const boxes = {
      predicted: [...truth, box(0, 0, 5, 5)],
      truth: [...truth, box(0, 0, 5, 5)],
      visible: [true, true, true, false],
    };
    const at = (dataset: string) => {
      const { precision, normalisedPrecision } = compatibleOnePass(boxes, dataset).scores;
      return [precision, normalisedPrecision];
    };
    expect(at("LaSOT")).toEqual([0.75, 0.75]);
    expect(at("LaSOT_Extension")).toEqual([0.75, 1]);
    expect(at("TNL2K")).toEqual([1, 1]);
    const absent = { ...boxes, truth: [...truth, nothing] };
    expect(compatibleOnePass(absent, "UAV123").scores.precision).toBe(1);
    expect(compatibleOnePass(absent, "TNL2K").scores.precision).toBe(0.75);
  });

  it("counts a NaN prediction as a miss everywhere", () => {
    for (const result of [
      compatibleOnePass({ predicted: [nothing], truth: [truth[0]!] }, "GOT-10k"),
      continuousOnePass({ predicted: [nothing], truth: [truth[0]!] }),
    ]) {
      const { success, precision, normalisedPrecision } = result.curves;
      expect(Math.max(...success, ...precision, ...normalisedPrecision)).toBe(0);
    }
  });

  it("does not change when the whole sequence is moved, and its curves never turn back", () => {
    const whole = fc.integer({ min: 0, max: 200 });
    const side = fc.integer({ min: 1, max: 100 });
    const frames = fc.array(fc.tuple(whole, whole, side, side, whole, whole, side, side), { minLength: 1 });
    fc.assert(
      fc.property(frames, whole, (rows, shift) => {
        const at = (offset: number) => ({
          predicted: rows.map(([x, y, w, h]) => box(x + offset, y + offset, w, h)),
          truth: rows.map(([, , , , x, y, w, h]) => box(x + offset, y + offset, w, h)),
        });
        const here = compatibleOnePass(at(0), "GOT-10k");
        expect(compatibleOnePass(at(shift), "GOT-10k").curves).toEqual(here.curves);
        const { curves } = continuousOnePass(at(0));
        for (const { success, precision } of [curves, here.curves]) {
          expect(success).toEqual([...success].sort((a, b) => b - a));
          expect(precision).toEqual([...precision].sort((a, b) => a - b));
        }
      }),
    );
  });

  it("refuses sequences of different or no length", () => {
    expect(() => continuousOnePass({ predicted: [], truth: [] })).toThrow(
      expect.objectContaining({ code: "METRICS_EMPTY" }),
    );
    expect(() => compatibleOnePass({ predicted: truth, truth: truth.slice(1) }, "LaSOT")).toThrow(
      expect.objectContaining({ code: "METRICS_LENGTH" }),
    );
    expect(() => continuousOnePass({ predicted: truth, truth, visible: [true] })).toThrow(
      expect.objectContaining({ code: "METRICS_LENGTH" }),
    );
  });
});
