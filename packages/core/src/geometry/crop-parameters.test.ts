import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Corners } from "./box.ts";
import { alignCrop } from "./crop-alignment.ts";
import { cropParameters, enlargeToMinimum, toCrop, toImage } from "./crop-parameters.ts";

const side = fc.double({ min: 0.5, max: 900, noNaN: true });
const position = fc.double({ min: -500, max: 1500, noNaN: true });
const box = fc.tuple(position, position, side, side).map(([x, y, w, h]): Corners => [x, y, x + w, y + h]);
const size = fc.integer({ min: 8, max: 400 });
const factor = fc.double({ min: 1, max: 6, noNaN: true });

describe("crop parameters", () => {
  it("a square box with factor 2 takes half of each side of the crop", () => {
    expect(
      toCrop([100, 50, 120, 70], cropParameters([100, 50, 120, 70], 2, { width: 64, height: 64 })),
    ).toEqual([16, 16, 48, 48]);
  });

  it("put the box's centre into the middle, with the context's area filling the crop", () => {
    fc.assert(
      fc.property(box, factor, size, size, (corners, areaFactor, width, height) => {
        const p = cropParameters(corners, areaFactor, { width, height });
        const mapped = toCrop(corners, p);
        expect((mapped[0] + mapped[2]) / 2).toBeCloseTo(width / 2, 5);
        expect((mapped[1] + mapped[3]) / 2).toBeCloseTo(height / 2, 5);
        const w = mapped[2] - mapped[0];
        const h = mapped[3] - mapped[1];
        const margin = ((areaFactor - 1) * (w + h)) / 2;
        expect(((w + margin) * (h + margin)) / (width * height)).toBeCloseTo(1, 6);
      }),
    );
  });

  it("map there and back", () => {
    fc.assert(
      fc.property(box, factor, size, size, (corners, areaFactor, width, height) => {
        const raw = cropParameters(corners, areaFactor, { width, height });
        const p = alignCrop({ width: 640, height: 480 }, raw, { width, height }).parameters;
        const back = toImage(toCrop(corners, p), p);
        for (let i = 0; i < 4; i++) expect(back[i]).toBeCloseTo(corners[i]!, 6);
      }),
    );
  });

  it("enlarges only sides that are too short, about the centre", () => {
    expect(enlargeToMinimum([10, 10, 14, 40], 10)).toEqual([7, 10, 17, 40]);
    const large: Corners = [0, 0, 10, 10];
    expect(enlargeToMinimum(large, 10)).toBe(large);
  });
});

describe("alignCrop", () => {
  it("stays inside image and crop and distorts by less than the whole pixels it moved to", () => {
    fc.assert(
      fc.property(box, factor, size, (corners, areaFactor, width) => {
        const raw = cropParameters(corners, areaFactor, { width, height: width });
        const { source, destination, empty, parameters } = alignCrop({ width: 640, height: 480 }, raw, {
          width,
          height: width,
        });
        if (empty) return;
        for (const value of [...source, ...destination]) expect(Number.isInteger(value)).toBe(true);
        expect(source[0] >= 0 && source[1] >= 0 && source[2] <= 640 && source[3] <= 480).toBe(true);
        expect(destination[0] >= 0 && destination[2] <= width && destination[3] <= width).toBe(true);
        const mapped = toCrop(source, parameters);
        for (let i = 0; i < 4; i++) expect(mapped[i]).toBeCloseTo(destination[i]!, 1);
      }),
    );
  });

  it("keeps the given mapping when the image is nowhere in the crop", () => {
    const raw = { scaleX: 0.3, scaleY: 0.3, translationX: 500, translationY: 0 };
    const { empty, parameters } = alignCrop({ width: 100, height: 100 }, raw, { width: 64, height: 64 });
    expect(empty).toBe(true);
    expect(parameters).toEqual({
      scaleX: Math.fround(0.3),
      scaleY: Math.fround(0.3),
      translationX: 500,
      translationY: 0,
    });
  });
});
