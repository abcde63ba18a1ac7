import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Corners } from "../geometry/box.ts";
import { searchCropParameters, toCrop } from "../geometry/crop-parameters.ts";
import { LostSearch, passesOf } from "./redetection.ts";

const [WIDTH, HEIGHT, AREA] = [640, 360, 4];

describe("LostSearch", () => {
  it("looks at the whole frame, nearest first, so that every place of the target lies whole in a region", () => {
    const target = fc.tuple(
      fc.double({ min: 1, max: 500, noNaN: true }),
      fc.double({ min: 1, max: 250, noNaN: true }),
      fc.double({ min: 12, max: 120, noNaN: true }),
      fc.double({ min: 12, max: 100, noNaN: true }),
    );
    fc.assert(
      fc.property(target, target, ([x, y, width, height], [otherX, otherY]) => {
        const box: Corners = [x, y, x + width, y + height];
        const search = new LostSearch(box, { width: WIDTH, height: HEIGHT }, AREA);
        const regions = search.next(10_000);
        const distances = regions.map(([x1, y1, x2, y2]) =>
          Math.hypot((x1 + x2) / 2 - x - width / 2, (y1 + y2) / 2 - y - height / 2),
        );
        expect(distances).toEqual([...distances].sort((a, b) => a - b));
        const left = Math.min(otherX, WIDTH - width);
        const top = Math.min(otherY, HEIGHT - height);
        const elsewhere: Corners = [left, top, left + width, top + height];
        const inside = regions.some((region) => {
          const crop = toCrop(elsewhere, searchCropParameters(region, AREA, { width: 100, height: 100 }));
          return Math.min(...crop) >= -0.01 && Math.max(...crop) <= 100.01;
        });
        expect(inside).toBe(true);
      }),
    );
  });

  it("gives a few regions at a time, all of them once, then begins again", () => {
    const search = new LostSearch([300, 150, 340, 190], { width: WIDTH, height: HEIGHT }, AREA);
    const all = new LostSearch([300, 150, 340, 190], { width: WIDTH, height: HEIGHT }, AREA).next(10_000);
    const steps = Math.ceil(all.length / 2);
    const seen = Array.from({ length: steps }, () => search.next(2)).flat();
    expect(seen).toEqual(all);
    expect(search.next(2)).toEqual(all.slice(0, 2));
  });

  it("keeps the last whole size where the target was last seen, also at the border", () => {
    const search = new LostSearch([100, 100, 140, 160], { width: WIDTH, height: HEIGHT }, AREA);
    search.seen([500, 100, 550, 170]);
    search.seen([628, 110, 640, 180]);
    expect(search.anchor()).toEqual([609, 110, 659, 180]);
    expect(search.sized([0, 0, 600, 300])).toEqual([275, 115, 325, 185]);
    expect(search.sized([Number.NaN, 0, 1, 1])).toEqual([Number.NaN, 0, 1, 1]);
  });

  it("takes only boxes of about the target's size", () => {
    const search = new LostSearch([100, 100, 140, 160], { width: WIDTH, height: HEIGHT }, AREA);
    expect(search.fits([0, 0, 60, 60])).toBe(true);
    expect(search.fits([0, 0, 120, 60])).toBe(false);
    expect(search.fits([0, 0, 0, 60])).toBe(false);
  });
});

describe("passesOf", () => {
  it("is 0 when off, 2 by default, and checked", () => {
    expect([undefined, false, true, {}, { passesPerFrame: 5 }].map(passesOf)).toEqual([0, 0, 2, 2, 5]);
    for (const passesPerFrame of [0, -1, 1.5, Number.NaN]) {
      expect(() => passesOf({ passesPerFrame })).toThrow(
        expect.objectContaining({ code: "REDETECT_PASSES" }),
      );
    }
  });
});
