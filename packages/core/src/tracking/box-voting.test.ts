import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { votedBox } from "./box-voting.ts";

describe("votedBox", () => {
  it("averages boxes that overlap the chosen one by the cubes of their scores", () => {
    const boxes = Float32Array.from([0, 0, 4, 4, 1, 0, 5, 4, 10, 10, 14, 14]);
    const scores = [1, 0.5, 1];
    const [x1, y1, x2, y2] = votedBox(boxes, 0, 3, 0, (cell) => scores[cell]!);
    expect([x1, y1, x2, y2]).toEqual([0.125 / 1.125, 0, (4 + 0.125 * 5) / 1.125, 4]);
  });

  it("keeps the chosen box when none votes: empty, broken or without score", () => {
    const broken = Float32Array.from([Number.NaN, 0, 4, 4, 1, 0, 5, 4]);
    expect(votedBox(broken, 0, 2, 0, () => 1)).toEqual([Number.NaN, 0, 4, 4]);
    expect(votedBox(Float32Array.from([3, 3, 3, 3]), 0, 1, 0, () => 1)).toEqual([3, 3, 3, 3]);
    expect(votedBox(Float32Array.from([0, 0, 4, 4]), 0, 1, 0, () => 0)).toEqual([0, 0, 4, 4]);
  });

  it("stays within the hull of the boxes and reads the sample that it is told", () => {
    const box = fc
      .tuple(fc.float({ min: 0, max: 5, noNaN: true }), fc.float({ min: 1, max: 5, noNaN: true }))
      .map(([at, size]) => [at, at, at + size, at + size]);
    fc.assert(
      fc.property(fc.array(box, { minLength: 2, maxLength: 9 }), fc.nat(), (list, pick) => {
        const boxes = Float32Array.from([9, 9, 9, 9, ...list.flat()]);
        const voted = votedBox(boxes, 4, list.length, pick % list.length, (cell) => (cell + 1) / 10);
        const corner = (i: number) => list.map((one) => Math.fround(one[i]!));
        voted.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(Math.min(...corner(i)) - 1e-5);
          expect(value).toBeLessThanOrEqual(Math.max(...corner(i)) + 1e-5);
        });
      }),
    );
  });
});
