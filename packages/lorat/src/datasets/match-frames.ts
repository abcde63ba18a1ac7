import { LoratError } from "@lorat/graph";
import { type FrameNames, frameName, frameNumber } from "./frame-names.ts";
import type { Track } from "./tracks.ts";

/**
 * Position of the picture with each number; undefined where names have no numbers, or two have the same. Annotations number
 * frames, and pictures may start at any number or be thinned: the k-th picture need not be frame k.
 */
export function numbersOfPictures(frames: FrameNames): ReadonlyMap<number, number> | undefined {
  const positions = new Map<number, number>();
  for (let position = 0; position < frames.count; position++) {
    const number = frameNumber(frameName(frames, position));
    if (number === undefined || positions.has(number)) return undefined;
    positions.set(number, position);
  }
  return positions;
}

/** Whether the numbers are one after the other. */
export function areConsecutive(numbers: ReadonlyMap<number, number>): boolean {
  const [first = 0] = numbers.keys();
  return [...numbers].every(([number, position]) => number === first + position);
}

/** A track in positions of pictures; boxes of frames without a picture are left out. */
export function onPictures(track: Track, positionOf: (frame: number) => number | undefined): Track {
  const moved: Track = new Map();
  for (const [frame, box] of track) {
    const position = positionOf(frame);
    if (position !== undefined) moved.set(position, box);
  }
  return moved;
}

/** An annotation whose frames cannot be told among its pictures. */
export function framesUnclear(name: string, why: string): LoratError {
  return new LoratError("DATASET_FRAMES", `${name}: ${why}`, {
    hint: "Give the pictures the numbers that the annotation uses, as the tool that wrote it names them.",
  });
}
