import type { RawObject } from "./raw.ts";

/** Boxes of one object by frame: `[x, y, width, height]`. */
export type Track = Map<number, readonly [x: number, y: number, width: number, height: number]>;

/** A track as rows from its first to its last frame, NaN in between where it has no box; never empty. */
export function trackRows(track: Track): RawObject {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const frame of track.keys()) {
    first = Math.min(first, frame);
    last = Math.max(last, frame);
  }
  const boxes = new Float64Array((last - first + 1) * 4).fill(Number.NaN);
  for (const [frame, box] of track) boxes.set(box, (frame - first) * 4);
  return { first, boxes };
}
