import { type Box, type Corners, iou } from "../geometry/box.ts";
import type { Frame } from "../geometry/frame.ts";
import type { Tracker } from "../tracking/types.ts";
import type { Agreement } from "./guard.ts";

/** A target on one frame, to be found on another. */
export interface CalibrationPair {
  readonly first: Frame;
  readonly box: Box;
  readonly next: Frame;
}

/** Where a tracker finds each pair's target, started anew for each: an error in one does not go on into the others. */
export async function foundBoxes(tracker: Tracker, pairs: Iterable<CalibrationPair>): Promise<Corners[]> {
  const boxes: Corners[] = [];
  for (const { first, box, next } of pairs) {
    const target = await tracker.start(first, box);
    boxes.push((await target.track(next)).raw.box);
    target.dispose();
  }
  return boxes;
}

/** Mean and least intersection over union of two lists of boxes; equal boxes agree even where they are empty. */
export function agreementOf(boxes: readonly Corners[], reference: readonly Corners[]): Agreement {
  const overlaps = boxes.map((box, i) => {
    const other = reference[i]!;
    return box.every((corner, side) => corner === other[side]) ? 1 : iou(box, other);
  });
  return {
    mean: overlaps.reduce((sum, overlap) => sum + overlap, 0) / overlaps.length,
    worst: Math.min(...overlaps),
  };
}
