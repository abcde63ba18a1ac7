import { type Corners, iou, isValidBox } from "../geometry/box.ts";
import type { ReferenceRule } from "./reference.ts";

/**
 * How a tracker's loop departs from the reference's (specification 4.3), chosen for a model and stored with it. Default:
 * the reference's loop.
 */
export interface LoopSettings {
  /** Lets the boxes of all cells that agree with the chosen one vote (see `votedBox`); default: false. */
  readonly boxVoting?: boolean;
  /** Share of each frame's change of size that is taken over, in (0, 1] (see `dampedSize`); default: 1. */
  readonly sizeGain?: number;
  /** When a model with a reference renews it; default: `defaultReferenceRule`. Other models have none. */
  readonly reference?: ReferenceRule;
  /** Share of the Hann window in the ranking of cells, 0 to 1; default: 0.45, the reference's. */
  readonly windowWeight?: number;
}

/** The loop of the reference implementation. */
export const referenceLoop: LoopSettings = {};

/** Boxes of other cells vote when they overlap the chosen one by more than this. */
const minimumOverlap = 0.4;

/** Exponent of the scores: votes count by their cube, so that sure cells lead. */
const sharpness = 3;

/**
 * The mean of the boxes that overlap the chosen cell's box, weighted by score: single cells of a small network err
 * independently of each other, their mean less.
 *
 * `boxes` holds `[cells, 4]` corners in any unit, `scoreOf(cell)` is in [0, 1]. Source: box voting of Gidaris and
 * Komodakis, "Object detection via a multi-region and semantic segmentation-aware CNN model" (ICCV 2015), section 4.
 */
export function votedBox(boxes: Float32Array, chosen: number, scoreOf: (cell: number) => number): Corners {
  const cells = boxes.length / 4;
  const boxAt = (cell: number): Corners => {
    const at = cell * 4;
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

/**
 * The predicted box at its own centre, with only the share `gain` of the change of size (in logarithms, each side for itself) since
 * the box before: a target keeps its size from frame to frame better than a small network measures it.
 *
 * `gain` is in (0, 1]; 1 is the prediction as it is, which a box without area always stays. Source: the damped scale
 * update of SiamRPN (CVPR 2018), section 3.4, without its score.
 */
export function dampedSize(previous: Corners, predicted: Corners, gain: number): Corners {
  if (gain === 1 || !isValidBox(previous) || !isValidBox(predicted)) return predicted;
  const [left, right] = dampedSide(previous[0], previous[2], predicted[0], predicted[2], gain);
  const [top, bottom] = dampedSide(previous[1], previous[3], predicted[1], predicted[3], gain);
  return [left, top, right, bottom];
}

function dampedSide(from: number, to: number, newFrom: number, newTo: number, gain: number) {
  const length = (to - from) * ((newTo - newFrom) / (to - from)) ** gain;
  const middle = (newFrom + newTo) / 2;
  return [middle - length / 2, middle + length / 2] as const;
}
