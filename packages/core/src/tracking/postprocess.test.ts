import { describe, expect, it } from "vitest";
import { nextStateBox, Postprocessor } from "./postprocess.ts";

const square = (side: number) => ({ width: side, height: side });
const grid = { sizePx: 32, cells: 4 };
const identity = { scaleX: 1, scaleY: 1, translationX: 0, translationY: 0 };

function maps(scores: Record<number, number>) {
  const scoreMap = new Float32Array(16).fill(-4);
  const boxes = new Float32Array(64);
  for (let cell = 0; cell < 16; cell++) boxes.set([0, 0, (cell + 1) / 16, 1], cell * 4);
  for (const [cell, logit] of Object.entries(scores)) scoreMap[Number(cell)] = logit;
  return { scoreMap, boxes };
}

describe("Postprocessor", () => {
  it("prefers the centre to a slightly better border, and reports the score without the penalty", () => {
    const { scoreMap, boxes } = maps({ 0: 2, 5: 1.5 });
    const result = new Postprocessor(grid).predict({ scoreMap, boxes }, identity, square(100));
    expect(result.cell).toBe(5);
    expect(result.score).toBeCloseTo(1 / (1 + Math.exp(-1.5)), 6);
    expect(result.box).toEqual([0, 0, 12, 32]);
  });

  it("takes the best score alone with weight 0, the first of equals", () => {
    const { scoreMap, boxes } = maps({ 0: 2, 5: 1.5, 15: 2 });
    expect(
      new Postprocessor(grid, { windowWeight: 0 }).predict({ scoreMap, boxes }, identity, square(99)).cell,
    ).toBe(0);
  });

  it("lets cells that agree vote, each by the cube of its score", () => {
    const { scoreMap, boxes } = maps({ 5: 40, 7: 0 });
    scoreMap.fill(-40, 8); // the others' scores are nothing
    scoreMap.fill(-40, 0, 5);
    scoreMap[6] = -40;
    const result = new Postprocessor(grid, { boxVoting: true }).predict(
      { scoreMap, boxes },
      identity,
      square(100),
    );
    expect(result.cell).toBe(5);
    expect(result.box[2]).toBeCloseTo((12 + 0.125 * 16) / 1.125, 4);
    expect(result.score).toBeCloseTo(1, 6);
  });

  it("reads its own sample of a batch and maps it with its own crop", () => {
    const first = maps({ 3: 9 });
    const second = maps({ 6: 9 });
    const scoreMap = Float32Array.of(...first.scoreMap, ...second.scoreMap);
    const boxes = Float32Array.of(...first.boxes, ...second.boxes);
    const p = { scaleX: 2, scaleY: 4, translationX: -2, translationY: 8 };
    const result = new Postprocessor(grid).predict({ scoreMap, boxes }, p, square(100), 1);
    expect(result.cell).toBe(6);
    expect(result.box).toEqual([1, 0, 8, 6]);
  });

  it("passes over NaN logits and still answers when all are NaN", () => {
    const { scoreMap, boxes } = maps({ 5: Number.NaN, 6: 1 });
    expect(new Postprocessor(grid).predict({ scoreMap, boxes }, identity, square(9)).cell).toBe(6);
    const broken = new Postprocessor(grid).predict(
      { scoreMap: scoreMap.fill(Number.NaN), boxes },
      identity,
      square(9),
    );
    expect(broken).toMatchObject({ cell: 0, score: Number.NaN });
  });
});

describe("nextStateBox", () => {
  const previous = [1, 1, 5, 5] as const;

  it("moves on to a proper box", () => {
    expect(nextStateBox(previous, [2, 2, 4, 4], { width: 10, height: 10 })).toEqual([2, 2, 4, 4]);
  });

  it("stays on empty, inverted, NaN and outside boxes", () => {
    for (const bad of [
      [0, 0, 0, 0],
      [4, 2, 3, 8],
      [Number.NaN, 0, 1, 1],
      [10, 0, 12, 5],
    ] as const) {
      expect(nextStateBox(previous, bad, { width: 10, height: 10 })).toBe(previous);
    }
  });
});
