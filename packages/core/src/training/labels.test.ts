import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Corners } from "../geometry/box.ts";
import { noTarget, searchLabel, writeLabel } from "./labels.ts";

const grid = { sizePx: 48, cells: 3 };

describe("labels", () => {
  it("makes every touched cell positive, row-major, and the box a fraction of the crop", () => {
    expect(searchLabel([15, 8, 33, 17], grid)).toEqual({
      positiveCells: [0, 1, 2, 3, 4, 5],
      targetBox: [15, 8, 33, 17].map((side) => Math.fround(side / 48)),
    });
    expect(searchLabel([16, 16, 32, 32], grid).positiveCells).toEqual([4]);
  });

  it("marks the cells that share an area with the box, and no others", () => {
    const point = fc.integer({ min: 0, max: 4800 }).map((v) => v / 4800);
    fc.assert(
      fc.property(point, point, point, point, (a, b, c, d) => {
        const box: Corners = [
          Math.min(a, c) * 48,
          Math.min(b, d) * 48,
          Math.max(a, c) * 48,
          Math.max(b, d) * 48,
        ];
        fc.pre(box[2] - box[0] > 0.1 && box[3] - box[1] > 0.1);
        const { positiveCells } = searchLabel(box, grid);
        for (let cell = 0; cell < 9; cell++) {
          const x = (cell % 3) * 16;
          const y = Math.floor(cell / 3) * 16;
          const shared = Math.min(
            Math.min(box[2], x + 16) - Math.max(box[0], x),
            Math.min(box[3], y + 16) - Math.max(box[1], y),
          );
          if (shared > 0.01) expect(positiveCells).toContain(cell);
          if (shared <= 0) expect(positiveCells).not.toContain(cell);
        }
      }),
    );
  });

  it("refuses a box outside the crop", () => {
    expect(() => searchLabel([-20, 0, -3, 9], grid)).toThrow(
      expect.objectContaining({ code: "LABEL_EMPTY" }),
    );
  });

  it("writes a batch with a crop that lacks the target", () => {
    const labels = [searchLabel([16, 16, 32, 32], grid), noTarget, searchLabel([0, 0, 17, 2], grid)];
    const positives = new Float32Array(27).fill(5);
    const boxes = new Float32Array(12).fill(5);
    expect(labels.map((label, i) => writeLabel(label, i, { positives, boxes }))).toEqual([1, 0, 2]);
    const positive = [...positives.keys()].filter((at) => positives[at] === 1);
    expect(positive).toEqual([4, 18, 19]);
    expect(positives.every((value, at) => value === 0 || positive.includes(at))).toBe(true);
    expect([...boxes.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
    expect(boxes[10]).toBe(Math.fround(17 / 48));
  });
});
