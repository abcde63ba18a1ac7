import type { Corners } from "./box.ts";

/**
 * The whole pixels (or cells) that a box touches, end exclusive: `floor` of the first corner, `floor(v + 0.9999)` of the
 * second, so that less than a ten-thousandth of a pixel does not count. Source: specification 1.4, 4.2.
 */
export function rasterise(box: Corners): Corners {
  return [Math.floor(box[0]), Math.floor(box[1]), Math.floor(box[2] + 0.9999), Math.floor(box[3] + 0.9999)];
}

/** Sizes of a crop in pixels and of the token grid over it in cells. */
export interface CropGrid {
  readonly width: number;
  readonly height: number;
  readonly gridWidth: number;
  readonly gridHeight: number;
}

/** The cells that a box in crop pixels touches, `[x1, y1, x2, y2]`, end exclusive, not clipped to the grid. */
export function rasteriseOnGrid(box: Corners, grid: CropGrid): Corners {
  const strideX = grid.width / grid.gridWidth;
  const strideY = grid.height / grid.gridHeight;
  return rasterise([box[0] / strideX, box[1] / strideY, box[2] / strideX, box[3] / strideY]);
}
