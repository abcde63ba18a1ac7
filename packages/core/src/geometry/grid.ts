import { LoratError } from "@lorat/graph";
import { type Corners, clipToImage } from "./box.ts";

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

/**
 * Cells `[x1, y1, x2, y2]` (end exclusive, clipped to the grid) of the template's foreground, for a box in template-crop
 * pixels. Throws `MASK_EMPTY` when the box touches no cell. Source: specification 1.4.
 */
export function foregroundCells(box: Corners, grid: CropGrid): Corners {
  const { sizePx, cells } = grid;
  const touched = clipToImage(rasteriseOnGrid(box, grid), { width: cells, height: cells });
  if (!(touched[0] < touched[2] && touched[1] < touched[3])) {
    throw new LoratError(
      "MASK_EMPTY",
      `the target's box [${box.join(", ")}] touches no cell of the ${sizePx} x ${sizePx} px template`,
    );
  }
  return touched;
}

/**
 * Writes the template's foreground mask, row-major `[cells, cells]`, 1 on the target and 0 elsewhere, into
 * `target` at `offset`. Throws `MASK_EMPTY` when the box touches no cell. Source: specification 1.4.
 */
export function writeForegroundMask(
  box: Corners,
  grid: CropGrid,
  target: Float32Array | Uint8Array | Int32Array,
  offset = 0,
): void {
  const [x1, y1, x2, y2] = foregroundCells(box, grid);
  target.fill(0, offset, offset + grid.cells ** 2);
  for (let y = y1; y < y2; y++) {
    const row = offset + y * grid.cells;
    target.fill(1, row + x1, row + x2);
  }
}

/**
 * Hann window over a score map, row-major `[cells, cells]`: the outer product of two symmetric (non-periodic) windows
 * `0.5 - 0.5 cos(2 pi k / (n - 1))`, so its border is exactly 0. A side of one cell is 1. Source: specification 4.3.
 */
export function hannWindow(cells: number): Float32Array {
  const side = hann(cells);
  return Float32Array.from(
    { length: cells ** 2 },
    (_, cell) => side[Math.floor(cell / cells)]! * side[cell % cells]!,
  );
}

function hann(n: number): Float64Array {
  if (n === 1) return Float64Array.of(1);
  return Float64Array.from({ length: n }, (_, k) => 0.5 - 0.5 * Math.cos((2 * Math.PI * k) / (n - 1)));
}
