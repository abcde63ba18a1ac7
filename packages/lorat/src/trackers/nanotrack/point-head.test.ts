import { describe, expect, it } from "vitest";
import { contextSize, PointHead } from "./point-head.ts";

const options = { stride: 16, windowInfluence: 0.4, penalty: 0.1, learningRate: 0.5 };

/** Maps where every cell says the same box, 10 pixels to each side. */
function maps(grid: number, peak: number, side = 10) {
  const classes = new Float32Array(2 * grid * grid);
  classes[grid * grid + peak] = 8;
  return { classes, distances: new Float32Array(4 * grid * grid).fill(side) };
}

describe("a point head", () => {
  it("places cells around the centre", () => {
    const head = new PointHead({ ...options, grid: 5, windowInfluence: 0 });
    const { classes, distances } = maps(5, 1);
    const found = head.predict(classes, distances, 20, 20);
    expect(found).toMatchObject({ dx: -16, dy: -32, width: 20, height: 20 });
    expect(found.score).toBeCloseTo(1 / (1 + Math.exp(-8)), 12);
    expect(found.rate).toBeCloseTo(found.score * 0.5, 12);
  });

  it("puts the half of an even grid before the centre", () => {
    const head = new PointHead({ ...options, grid: 4, windowInfluence: 0 });
    const { classes, distances } = maps(4, 0);
    expect(head.predict(classes, distances, 20, 20)).toMatchObject({ dx: -32, dy: -32 });
  });

  it("prefers the middle by the window and the old size by the penalty", () => {
    const windowed = new PointHead({ ...options, grid: 5 });
    const equal = { classes: new Float32Array(50), distances: new Float32Array(100).fill(10) };
    expect(windowed.predict(equal.classes, equal.distances, 20, 20)).toMatchObject({ dx: 0, dy: 0 });
    const sized = new PointHead({ ...options, grid: 5, windowInfluence: 0 });
    equal.distances.fill(20);
    for (const side of [0, 1, 2, 3]) equal.distances[side * 25 + 7] = 10;
    expect(sized.predict(equal.classes, equal.distances, 20, 20)).toMatchObject({
      width: 20,
      dx: 0,
      dy: -16,
    });
    // Twice the size: scale change 2, ratio change 1.
    const twice = sized.predict(new Float32Array(50), new Float32Array(100).fill(20), 20, 20);
    expect(twice.rate).toBeCloseTo(0.5 * 0.5 * Math.exp(-0.1), 12);
  });

  it("sizes a context of half the mean side all around", () => {
    expect(contextSize(10, 10)).toBe(20);
    expect(contextSize(30, 10)).toBeCloseTo(Math.sqrt(50 * 30), 12);
  });
});
