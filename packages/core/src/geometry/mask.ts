import { LoratError } from "@lorat/graph";
import { type Corners, clipToImage } from "./box.ts";
import { type CropGrid, rasteriseOnGrid } from "./rasterise.ts";

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
