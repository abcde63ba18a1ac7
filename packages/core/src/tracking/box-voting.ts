import { type Corners, iou } from "../geometry/box.ts";

/** Boxes of other cells vote when they overlap the chosen one by more than this. */
const minimumOverlap = 0.4;

/** Exponent of the scores: votes count by their cube, so that sure cells lead. */
const sharpness = 3;

/**
 * The mean of the boxes that overlap the chosen cell's box, weighted by score: single cells of a small network err
 * independently of each other, their mean less.
 *
 * `boxes` holds `[cells, 4]` corners from `offset` on in any unit, `scoreOf(cell)` is in [0, 1]. Source: box voting of Gidaris and
 * Komodakis, "Object detection via a multi-region and semantic segmentation-aware CNN model" (ICCV 2015), section 4.
 */
export function votedBox(
  boxes: Float32Array,
  offset: number,
  cells: number,
  chosen: number,
  scoreOf: (cell: number) => number,
): Corners {
  const boxAt = (cell: number): Corners => {
    const at = offset + cell * 4;
    return [boxes[at]!, boxes[at + 1]!, boxes[at + 2]!, boxes[at + 3]!];
  };
  const own = boxAt(chosen);
  const sum = [0, 0, 0, 0];
  let total = 0;
  for (let cell = 0; cell < cells; cell++) {
    const box = boxAt(cell);
    if (!(iou(box, own) > minimumOverlap)) continue;
    const weight = scoreOf(cell) ** sharpness;
    total += weight;
    for (let i = 0; i < 4; i++) sum[i]! += weight * box[i]!;
  }
  return total > 0 ? (sum.map((value) => value / total) as unknown as Corners) : own;
}
