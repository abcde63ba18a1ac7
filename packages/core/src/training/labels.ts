import { LoratError } from "@lorat/graph";
import type { Corners } from "../geometry/box.ts";
import { type CropGrid, rasterise } from "../geometry/grid.ts";

/** What one search crop teaches. */
export interface Label {
  /** Row-major indices of the cells that the target touches, ascending; empty for a crop without the target. */
  readonly positiveCells: readonly number[];
  /** `[x1, y1, x2, y2]` as fractions of the search crop, float32 values; undefined for a crop without the target. */
  readonly targetBox: Corners | undefined;
}

/**
 * The label of a search crop that shows the target at `box` (crop pixels, clipped to the crop): every cell that the box
 * touches is positive. Throws `LABEL_EMPTY` when it touches none. Source: specification 3.2.
 */
export function searchLabel(box: Corners, grid: CropGrid): Label {
  const { sizePx, cells } = grid;
  // The reference multiplies by the ratio here and divides by the stride for masks; the roundings may differ.
  const scale = cells / sizePx;
  const [x1, y1, x2, y2] = rasterise([box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale]);
  const positiveCells: number[] = [];
  for (let y = Math.max(y1, 0); y < Math.min(y2, cells); y++) {
    for (let x = Math.max(x1, 0); x < Math.min(x2, cells); x++) positiveCells.push(y * cells + x);
  }
  if (positiveCells.length === 0) {
    throw new LoratError(
      "LABEL_EMPTY",
      `the target's box [${box.join(", ")}] touches no cell of the ${sizePx} x ${sizePx} px search crop`,
    );
  }
  const { fround } = Math;
  return {
    positiveCells,
    targetBox: [
      fround(box[0] / sizePx),
      fround(box[1] / sizePx),
      fround(box[2] / sizePx),
      fround(box[3] / sizePx),
    ],
  };
}

/** The label of a search crop in which the target is not (specification 3.2, negative pairs). */
export const noTarget: Label = { positiveCells: [], targetBox: undefined };

/**
 * Writes the label of sample `index` into a batch: `positives` `[batch, cells]` gets 1 and 0, `boxes` `[batch, 4]` the target
 * box, or zeros without a target. Returns the number of positive cells.
 */
export function writeLabel(
  label: Label,
  index: number,
  { positives, boxes }: { readonly positives: Float32Array; readonly boxes: Float32Array },
): number {
  const cells = positives.length / (boxes.length / 4);
  positives.fill(0, index * cells, (index + 1) * cells);
  for (const cell of label.positiveCells) positives[index * cells + cell] = 1;
  boxes.set(label.targetBox ?? [0, 0, 0, 0], index * 4);
  return label.positiveCells.length;
}
