import { LoratError } from "@lorat/graph";
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

/** A box that a track has for a second time in a frame. */
export interface TrackTwice {
  /** Where the second one is written, for messages: `line 7` for example. */
  readonly where: string;
  readonly track: string | number;
  readonly frame: number;
}

/** Sets a track's box in a frame; where it has one there already, notes that instead of replacing it. */
export function placeBox(
  track: Track,
  frame: number,
  box: readonly [number, number, number, number],
  twice: TrackTwice[],
  found: Omit<TrackTwice, "frame">,
): Track {
  if (track.has(frame)) twice.push({ ...found, frame });
  else track.set(frame, box);
  return track;
}

/** Throws `DATASET_TRACK_TWICE` where tracks have several boxes in a frame, naming file and place of each. */
export function checkTracks(twice: readonly TrackTwice[], file: string, firstFrame = 0): void {
  const [first] = twice;
  if (!first) return;
  const lines = twice
    .slice(0, 5)
    .map(
      ({ where, track, frame }) =>
        `${where}: track ${track} has a box in frame ${frame + firstFrame} already`,
    );
  throw new LoratError(
    "DATASET_TRACK_TWICE",
    `${file}: ${twice.length === 1 ? "one box is" : `${twice.length} boxes are`} the second of a track in a frame`,
    {
      issues: twice.length > 5 ? [...lines, `and ${twice.length - 5} more`] : lines,
      hint:
        String(first.track) === "-1"
          ? "-1 is no track: these are detections. Link them to tracks first."
          : "Each object needs a number of its own; rows that are written twice have to go.",
    },
  );
}
