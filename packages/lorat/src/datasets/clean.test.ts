import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanSequence, clipToPicture, hasArea, toCornerRows, trimFrames } from "./clean.ts";
import type { RawObject } from "./raw.ts";

const size = { width: 100, height: 80 };
const N = Number.NaN;

function rows(boxes: number[][], hidden?: number[], first = 0): RawObject {
  const flags = hidden && { hidden: Uint8Array.from(hidden) };
  return { first, boxes: Float64Array.from(boxes.flat()), ...flags };
}

describe("cleanSequence", () => {
  it("clips to the picture, and drops what does not meet it or is no box", () => {
    const { objects } = cleanSequence(
      [
        rows([
          [90, 70, 30, 30], // across the corner
          [-5, -5, 10, 10],
          [100, 10, 5, 5], // touches the border from outside
          [N, N, N, N],
          [10, 10, 0, 5],
          [30, 30, -10, -10],
          [10, 10, 20, 20],
        ]),
      ],
      size,
    )!;
    expect([...objects[0]!.present]).toEqual([1, 1, 0, 0, 0, 0, 1]);
    expect([...objects[0]!.boxes.subarray(0, 8)]).toEqual([90, 70, 100, 80, 0, 0, 5, 5]);
  });

  it("leaves flagged frames out, keeps empty frames in the middle, trims head and tail", () => {
    const box = [10, 10, 20, 20];
    const clean = cleanSequence(
      [
        rows([box, box, box, box, box, box], [1, 0, 0, 1, 1, 1]),
        rows([box], undefined, 4),
        rows([box, box], [1, 1], 0), // a track without any box
      ],
      size,
    )!;
    expect([clean.begin, clean.end]).toEqual([1, 5]);
    expect(clean.objects.map(({ first, present }) => [first, [...present]])).toEqual([
      [0, [1, 1]],
      [3, [1]],
    ]);
  });

  it("leaves nothing of a sequence without boxes, or with pictures of no size", () => {
    expect(cleanSequence([rows([[N, N, N, N]])], size)).toBeUndefined();
    expect(cleanSequence([], size)).toBeUndefined();
    expect(cleanSequence([rows([[1, 1, 5, 5]])], { width: 0, height: 5 })).toBeUndefined();
    expect(hasArea(undefined)).toBe(true);
  });

  it("clips at the top and left only where the size is unknown", () => {
    const { objects } = cleanSequence([rows([[-5, 5, 1000, 1000]])], undefined)!;
    expect([...objects[0]!.boxes]).toEqual([0, 5, 995, 1005]);
  });

  it("never keeps a box that is empty or outside, nor an empty end", () => {
    const value = fc.oneof(fc.integer({ min: -150, max: 150 }), fc.constant(N));
    const row = fc.tuple(value, value, value, value);
    const object = fc.array(row, { minLength: 1, maxLength: 8 }).map((boxes) => rows(boxes));
    fc.assert(
      fc.property(fc.array(object, { maxLength: 4 }), (objects) => {
        const clean = cleanSequence(objects, size);
        if (!clean) return;
        const shown = new Set<number>();
        for (const { first, boxes, present } of clean.objects) {
          expect(present.includes(1)).toBe(true);
          present.forEach((there, i) => {
            if (!there) return;
            shown.add(first + i);
            const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4);
            expect(0 <= x1! && x1! < x2! && x2! <= size.width).toBe(true);
            expect(0 <= y1! && y1! < y2! && y2! <= size.height).toBe(true);
          });
        }
        expect(shown.has(0) && shown.has(clean.end - clean.begin - 1)).toBe(true);
      }),
    );
  });

  it("does not change what it is given", () => {
    const raw = rows([[90, 70, 30, 30]]);
    const corners = toCornerRows(raw);
    clipToPicture(corners, size);
    expect([...raw.boxes]).toEqual([90, 70, 30, 30]);
    expect([...corners.boxes]).toEqual([90, 70, 120, 100]);
    expect(trimFrames([])).toBeUndefined();
  });
});
