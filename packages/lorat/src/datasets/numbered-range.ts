import { LoratError } from "@lorat/graph";
import { type FrameNames, frameName, frameNumber, sliceFrames } from "./frame-names.ts";

/**
 * The `count` frames from the one whose name has the number `start` on, or the first: benchmarks annotate parts of videos.
 * None where there are no pictures. Throws `DATASET_LENGTH` where they are not all there.
 */
export function numberedRange(
  frames: FrameNames,
  start: number | undefined,
  count: number,
  sequence: string,
): FrameNames {
  if (frames.count === 0) return frames;
  let begin = 0;
  while (start !== undefined && begin < frames.count && frameNumber(frameName(frames, begin)) !== start)
    begin++;
  if (begin + count > frames.count) {
    throw new LoratError(
      "DATASET_LENGTH",
      `${sequence}: expected ${count} frames from number ${start ?? 1} on, found ${frames.count - begin}`,
    );
  }
  return sliceFrames(frames, begin, begin + count);
}
