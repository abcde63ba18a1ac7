import { describe, expect, it } from "vitest";
import { foregroundCells, hannWindow, rasterise, writeForegroundMask } from "./grid.ts";
import { imageMean } from "./image-mean.ts";

const grid = { sizePx: 64, cells: 4 };

describe("rasterise", () => {
  it("ends a box only past a ten-thousandth of a pixel", () => {
    expect(rasterise([10.2, 20.7, 30.00004, 40.5])).toEqual([10, 20, 30, 41]);
    expect(rasterise([-0.5, 0, 5, 6.0002])).toEqual([-1, 0, 5, 7]);
  });
});

describe("foreground mask", () => {
  it("marks every touched cell, clipped to the grid, and leaves the rest of the target alone", () => {
    const mask = new Float32Array(18).fill(9);
    writeForegroundMask([20, -30, 33, 10], grid, mask, 1);
    expect([...mask]).toEqual([9, 0, 1, 1, ...Array(13).fill(0), 9]);
    expect(foregroundCells([20, -30, 33, 10], grid)).toEqual([1, 0, 3, 1]);
  });

  it("refuses a box that touches no cell", () => {
    expect(() => foregroundCells([-20, 0, -5, 10], grid)).toThrow(
      expect.objectContaining({ code: "MASK_EMPTY" }),
    );
    expect(() => foregroundCells([Number.NaN, 0, 9, 9], grid)).toThrow(
      expect.objectContaining({ code: "MASK_EMPTY" }),
    );
  });
});

describe("hannWindow", () => {
  it("is zero on the border, one in the middle, row-major", () => {
    const window = hannWindow(5);
    expect([...window.subarray(0, 5)]).toEqual([0, 0, 0, 0, 0]);
    expect([...window.subarray(5, 10)]).toEqual([0, 0.25, 0.5, 0.25, 0]);
    expect([...window.subarray(10, 15)]).toEqual([0, 0.5, 1, 0.5, 0]);
  });

  it("gives a side of one cell no penalty", () => {
    expect([...hannWindow(1)]).toEqual([1]);
  });
});

describe("imageMean", () => {
  it("averages each channel and ignores alpha", () => {
    const data = Uint8Array.of(10, 20, 30, 255, 20, 40, 90, 1);
    expect(imageMean({ width: 2, height: 1, channels: 4, data })).toEqual([15, 30, 60]);
  });
});
