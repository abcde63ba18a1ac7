import { LoratError } from "@lorat/graph";
import type { Corners } from "../geometry/box.ts";
import { type CropGrid, rasterise } from "../geometry/rasterise.ts";

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
  const { width, height, gridWidth, gridHeight } = grid;
  // The reference multiplies by the ratio here and divides by the stride for masks; the roundings may differ.
  const scaleX = gridWidth / width;
  const scaleY = gridHeight / height;
  const [x1, y1, x2, y2] = rasterise([box[0] * scaleX, box[1] * scaleY, box[2] * scaleX, box[3] * scaleY]);
  const positiveCells: number[] = [];
  for (let y = Math.max(y1, 0); y < Math.min(y2, gridHeight); y++) {
    for (let x = Math.max(x1, 0); x < Math.min(x2, gridWidth); x++) positiveCells.push(y * gridWidth + x);
  }
  if (positiveCells.length === 0) {
    throw new LoratError(
      "LABEL_EMPTY",
      `the target's box [${box.join(", ")}] touches no cell of the ${width} x ${height} px search crop`,
    );
  }
  const { fround } = Math;
  return {
    positiveCells,
    targetBox: [
      fround(box[0] / width),
      fround(box[1] / height),
      fround(box[2] / width),
      fround(box[3] / height),
    ],
  };
}

/** The label of a search crop in which the target is not (specification 3.2, negative pairs). */
export const noTarget: Label = { positiveCells: [], targetBox: undefined };

/** The positive cells of a batch as index pairs, in the order of the samples. */
export interface CollatedLabels {
  readonly sampleIndex: readonly number[];
  readonly cellIndex: readonly number[];
  /** How many there are; may be 0, which the loss divides by as 1. */
  readonly positiveCount: number;
}

/** Joins the labels of a batch (specification 3.2, "Batch collation"). */
export function collateLabels(labels: readonly Label[]): CollatedLabels {
  const sampleIndex = labels.flatMap((label, sample) => label.positiveCells.map(() => sample));
  const cellIndex = labels.flatMap((label) => label.positiveCells);
  return { sampleIndex, cellIndex, positiveCount: cellIndex.length };
}

/**
 * Writes the label of sample `index` into the arrays of a batch: `positives` `[batch, cells]` gets 1 and 0, `boxes`
 * `[batch, 4]` the target box, or zeros without a target. Returns the number of positive cells.
 */
export function writeLabel(
  label: Label,
  index: number,
  cells: number,
  positives: Float32Array,
  boxes: Float32Array,
): number {
  positives.fill(0, index * cells, (index + 1) * cells);
  for (const cell of label.positiveCells) positives[index * cells + cell] = 1;
  boxes.set(label.targetBox ?? [0, 0, 0, 0], index * 4);
  return label.positiveCells.length;
}
