import { clipToImage, isValidBox } from "@lorat/core/geometry";
import type { PictureSize } from "./annotation-source.ts";
import type { RawObject } from "./raw.ts";

/** One object with the frames that show it. */
export interface CleanObject {
  /** Frame of the first row. */
  readonly first: number;
  /** `[rows, 4]`: x1, y1, x2, y2; not to be read where it is absent. */
  readonly boxes: Float64Array;
  /** `[rows]`: 1 where it is there. */
  readonly present: Uint8Array;
}

/** What cleaning leaves of a sequence: its frames `[begin, end)` and the objects counted from `begin` on. */
interface CleanSequence {
  readonly begin: number;
  readonly end: number;
  readonly objects: readonly CleanObject[];
}

/** Raised whenever cleaning changes, so that indexes made before are made again. */
export const CLEANING_VERSION = 1;

/**
 * The cleaning filters of training, in their order (specification 3.3); undefined where nothing is left. Where the size of
 * the pictures is unknown, boxes are clipped at the top and the left only.
 */
export function cleanSequence(
  objects: readonly RawObject[],
  size: PictureSize | undefined,
): CleanSequence | undefined {
  const clipped = objects.map(toCornerRows).map((object) => clipToPicture(object, size));
  const tracks = dropEmptyTracks(clipped).map(trimTrack);
  const trimmed = trimFrames(tracks);
  return hasArea(size) ? trimmed : undefined;
}

/** `x, y, width, height` to corners; absent where the dataset's flags say so. */
export function toCornerRows({ first, boxes, hidden }: RawObject): CleanObject {
  const corners = new Float64Array(boxes.length);
  for (let i = 0; i < boxes.length; i += 4) {
    corners[i] = boxes[i]!;
    corners[i + 1] = boxes[i + 1]!;
    corners[i + 2] = boxes[i]! + boxes[i + 2]!;
    corners[i + 3] = boxes[i + 1]! + boxes[i + 3]!;
  }
  const present = Uint8Array.from({ length: boxes.length / 4 }, (_, i) => (hidden?.[i] ? 0 : 1));
  return { first, boxes: corners, present };
}

/** Clips the boxes of present objects to the picture; what does not meet it, or is no box at all, is absent. */
export function clipToPicture(object: CleanObject, size: PictureSize | undefined): CleanObject {
  const { width, height } = size ?? { width: Number.POSITIVE_INFINITY, height: Number.POSITIVE_INFINITY };
  const boxes = Float64Array.from(object.boxes);
  const present = object.present.map((there, i) => {
    if (!there) return 0;
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    // Before clipping, which would make a box with swapped corners look like none of its own fault.
    if (!isValidBox([x1, y1, x2, y2])) return 0;
    const clipped = clipToImage([x1, y1, x2, y2], { width, height });
    boxes.set(clipped, 4 * i);
    return isValidBox(clipped) ? 1 : 0;
  });
  return { ...object, boxes, present };
}

/** Drops tracks that no frame shows. */
function dropEmptyTracks(objects: readonly CleanObject[]): CleanObject[] {
  return objects.filter(({ present }) => present.includes(1));
}

/** A track from the first frame that shows it to the last; rows in between stay. */
function trimTrack({ first, boxes, present }: CleanObject): CleanObject {
  const begin = present.indexOf(1);
  const end = present.lastIndexOf(1) + 1;
  return {
    first: first + begin,
    boxes: boxes.subarray(4 * begin, 4 * end),
    present: present.subarray(begin, end),
  };
}

/** Drops the frames at head and tail that show nothing; undefined where that is all of them. */
export function trimFrames(tracks: readonly CleanObject[]): CleanSequence | undefined {
  if (tracks.length === 0) return undefined;
  const begin = tracks.reduce((least, { first }) => Math.min(least, first), Number.POSITIVE_INFINITY);
  const end = tracks.reduce((most, { first, present }) => Math.max(most, first + present.length), 0);
  return { begin, end, objects: tracks.map((track) => ({ ...track, first: track.first - begin })) };
}

/** False for pictures of no width or no height; true where the size is unknown. */
export function hasArea(size: PictureSize | undefined): boolean {
  return size === undefined || (size.width > 0 && size.height > 0);
}
