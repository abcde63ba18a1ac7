import type { Corners } from "./box.ts";

/**
 * The whole pixels (or cells) that a box touches, end exclusive: `floor` of the first corner, `floor(v + 0.9999)` of the
 * second, so that less than a ten-thousandth of a pixel does not count. Source: specification 1.4, 4.2.
 */
export function rasterise(box: Corners): Corners {
  return [Math.floor(box[0]), Math.floor(box[1]), Math.floor(box[2] + 0.9999), Math.floor(box[3] + 0.9999)];
}

/** A square crop and the square token grid over it. */
export interface CropGrid {
  /** Pixels a side. */
  readonly sizePx: number;
  /** Cells a side. */
  readonly cells: number;
}

/** The cells that a box in crop pixels touches, `[x1, y1, x2, y2]`, end exclusive, not clipped to the grid. */
export function rasteriseOnGrid(box: Corners, grid: CropGrid): Corners {
  const stride = grid.sizePx / grid.cells;
  return rasterise([box[0] / stride, box[1] / stride, box[2] / stride, box[3] / stride]);
}
