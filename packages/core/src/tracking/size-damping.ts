import { type Corners, isValidBox } from "../geometry/box.ts";

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
