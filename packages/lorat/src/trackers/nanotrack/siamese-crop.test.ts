import type { Frame } from "@lorat/core";
import type { Colour } from "@lorat/core/geometry";
import { describe, expect, it } from "vitest";
import { cropSquare } from "./siamese-crop.ts";

const border: Colour = [1.9, 2.9, 3.9];

/** Red counts columns, green rows, blue is 7. */
function ramp(width: number, height: number, channels: 3 | 4 = 3): Frame {
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    data.set([10 * (i % width), 10 * Math.floor(i / width), 7], i * channels);
  }
  return { width, height, channels, data };
}

function crop(frame: Frame, centreX: number, centreY: number, side: number, size: number) {
  const target = new Float32Array(3 * size * size);
  cropSquare(frame, { centreX, centreY, side }, size, border, target);
  const plane = (c: number) => [...target.subarray(c * size * size, (c + 1) * size * size)];
  return { blue: plane(0), green: plane(1), red: plane(2) };
}

describe("the crop of Siamese trackers", () => {
  it("copies pixels where nothing is resized, blue first", () => {
    for (const channels of [3, 4] as const) {
      // Columns from floor(4 - 2 + 0.5) = 2 on, rows from 3 on.
      const { blue, green, red } = crop(ramp(9, 9, channels), 4, 5, 3, 3);
      expect(blue).toEqual(Array(9).fill(7));
      expect(red).toEqual([20, 30, 40, 20, 30, 40, 20, 30, 40]);
      expect(green).toEqual([30, 30, 30, 40, 40, 40, 50, 50, 50]);
    }
  });

  it("lies between pixels with half-pixel centres, and repeats the last one", () => {
    const { red } = crop(ramp(9, 9), 4, 4, 2, 4);
    // Two columns, 30 and 40, seen at -0.25, 0.25, 0.75 and 1.25 of them.
    expect(red.slice(0, 4)).toEqual([30, 33, 38, 40]);
  });

  it("fills what lies outside with the border's whole numbers", () => {
    // Columns and rows from floor(1 - 2 + 0.5) = -1 on, of a frame of two.
    const { blue, green, red } = crop(ramp(2, 2), 1, 1, 3, 3);
    expect(red).toEqual([1, 1, 1, 1, 0, 10, 1, 0, 10]);
    expect(green).toEqual([2, 2, 2, 2, 0, 0, 2, 10, 10]);
    expect(blue).toEqual([3, 3, 3, 3, 7, 7, 3, 7, 7]);
  });
});
