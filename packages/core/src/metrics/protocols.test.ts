import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bootstrapMeans,
  conventionsOf,
  meanScore,
  PROTOCOL_NAMES,
  PROTOCOLS,
  protocolOf,
  scoreColumns,
} from "./index.ts";
import { Tally } from "./tally.ts";

const rows = (...boxes: number[][]) => Float64Array.from(boxes.flat());
const nowhere = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];

describe("protocols", () => {
  it("are found by name, each with a version", () => {
    for (const name of PROTOCOL_NAMES)
      expect(protocolOf(name)).toMatchObject({ name, version: expect.any(Number) });
    expect(() => protocolOf("otb")).toThrow(expect.objectContaining({ code: "METRICS_PROTOCOL" }));
    expect(() => protocolOf("toString")).toThrow(expect.objectContaining({ code: "METRICS_PROTOCOL" }));
  });

  it("treat absent frames as they say", () => {
    const columns = {
      predicted: rows([5, 5, 10, 10], [5, 5, 10, 10], [5, 5, 10, 10], [5, 5, 10, 10]),
      truth: rows([5, 5, 10, 10], [5, 5, 10, 10], nowhere, [5, 5, 10, 10]),
      visible: Uint8Array.of(1, 1, 1, 0),
    };
    const at = (name: string, kind: string) => {
      const { frames, scores } = scoreColumns(columns, conventionsOf(protocolOf(name), kind));
      return [frames, scores.sr50, scores.precision, scores.normalisedPrecision];
    };
    // Of four frames: two good ones, one without a box, one flagged.
    expect(at("toolkit", "lasot")).toEqual([4, 0.5, 0.75, 0.75]);
    expect(at("visible", "lasot")).toEqual([2, 1, 1, 1]);
    expect(at("continuous", "lasot")).toEqual([2, 1, 1, 1]);
    expect(at("got10k", "got10k")).toEqual([1, 1, 1, 1]);
    expect(at("stark", "lasot")).toEqual([4, 0.5, 0.5, 0.75]);
    expect(at("stark", "lasot_ext")).toEqual([4, 0.5, 0.5, 1]);
    expect(at("stark", "uav123")).toEqual([4, 0.75, 1, 1]);
    expect(at("stark", "otb")).toEqual([4, 0.75, 0.75, 1]);
  });

  it("put the box before in the place of an invalid one, or do not", () => {
    const columns = {
      predicted: rows([50, 50, 1, 1], nowhere, [5, 5, 0, 10]),
      truth: rows([5, 5, 10, 10], [5, 5, 10, 10], [5, 5, 10, 10]),
    };
    const success = (name: string) =>
      scoreColumns(columns, conventionsOf(protocolOf(name), "otb")).scores.sr75;
    expect(success("toolkit")).toBe(1);
    expect(success("stark")).toBe(0);
    expect(success("continuous")).toBe(0);
  });

  it("count a box at the border where the benchmark counts pixels from 0, and as toolkits do otherwise", () => {
    const boxes = rows([0, 5, 10, 10], [0, 5, 10, 10]);
    const score = (kind: string) =>
      scoreColumns({ predicted: boxes, truth: boxes }, conventionsOf(PROTOCOLS.toolkit, kind)).scores.sr50;
    expect([score("folder"), score("otb")]).toEqual([1, 0]);
  });

  it("cut boxes to the picture where they say so", () => {
    const columns = {
      predicted: rows([0, 0, 9, 9], [80, 0, 60, 10]),
      truth: rows([0, 0, 9, 9], [80, 0, 20, 10]),
    };
    const ao = (size?: { width: number; height: number }) =>
      scoreColumns({ ...columns, size }, PROTOCOLS.got10k.conventions).scores.ao;
    expect(ao()).toBeCloseTo(1 / 3, 12);
    expect(ao({ width: 100, height: 100 })).toBe(1);
  });
});

describe("Tally", () => {
  it("counts as comparing with every threshold does", () => {
    const thresholds = [0, 0.1, 0.2, 0.30000000000000004, 0.4, 0.5];
    const value = fc.oneof(
      fc.constantFrom(...thresholds, -1, Number.NaN, Number.POSITIVE_INFINITY, 0.3),
      fc.double({ min: -0.2, max: 0.7, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        const [above, least, most] = [new Tally(thresholds), new Tally(thresholds), new Tally(thresholds)];
        for (const one of values) {
          above.addAbove(one);
          least.addAtLeast(one);
          most.addAtMost(one);
        }
        const share = (holds: (one: number, threshold: number) => boolean) =>
          thresholds.map((threshold) => values.filter((one) => holds(one, threshold)).length / values.length);
        expect(above.sharesAbove(values.length)).toEqual(share((one, threshold) => one > threshold));
        expect(least.sharesAbove(values.length)).toEqual(share((one, threshold) => one >= threshold));
        expect(most.sharesAtMost(values.length)).toEqual(share((one, threshold) => one <= threshold));
      }),
    );
  });
});

describe("meanScore", () => {
  const good = scoreColumns(
    { predicted: rows([1, 1, 9, 9]), truth: rows([1, 1, 9, 9]) },
    PROTOCOLS.visible.conventions,
  );
  const bad = scoreColumns(
    {
      predicted: rows([1, 1, 9, 9], ...Array(3).fill([90, 90, 1, 1])),
      truth: rows(...Array(4).fill([1, 1, 9, 9])),
    },
    PROTOCOLS.continuous.conventions,
  );
  const uncounted = scoreColumns(
    { predicted: rows(nowhere), truth: rows(nowhere) },
    PROTOCOLS.visible.conventions,
  );

  it("gives sequences or frames the same weight, and leaves out what has no frame that counts", () => {
    expect(meanScore([good, bad, uncounted], "sequences").scores.ao).toBeCloseTo((1 + 0.25) / 2, 12);
    expect(meanScore([good, bad, uncounted], "frames").scores.ao).toBeCloseTo(2 / 5, 12);
    expect(meanScore([good, bad, uncounted], "frames")).toMatchObject({ sequences: 2, frames: 5 });
    expect(meanScore([uncounted], "sequences").scores.auc).toBeNaN();
    expect(() => meanScore([], "frames")).toThrow(expect.objectContaining({ code: "METRICS_EMPTY" }));
  });
});

describe("bootstrapMeans", () => {
  it("is repeatable, holds the mean, and narrows with more sequences", () => {
    const values = (count: number) => Float64Array.from({ length: count }, (_, i) => (i * 0.37) % 1);
    const ones = (count: number) => new Float64Array(count).fill(1);
    const [few] = bootstrapMeans([values(20)], ones(20), { seed: 3 });
    expect(bootstrapMeans([values(20)], ones(20), { seed: 3 })).toEqual([few]);
    expect(bootstrapMeans([values(20)], ones(20), { seed: 4 })).not.toEqual([few]);
    const [many] = bootstrapMeans([values(2000)], ones(2000), { seed: 3 });
    expect(few![0]).toBeLessThan(0.5);
    expect(few![1]).toBeGreaterThan(0.45);
    expect(many![1] - many![0]).toBeLessThan((few![1] - few![0]) / 5);
    // Of evenly spread values: 1.96 standard errors on each side.
    expect(many![1] - many![0]).toBeCloseTo((2 * 1.96) / Math.sqrt(12 * 2000), 2);
    expect(bootstrapMeans([[1]], [0])).toEqual([[Number.NaN, Number.NaN]]);
  });
});
