import type { FrameNames } from "../frame-names.ts";
import type { PictureSize, RawSequence } from "../raw.ts";

/** A sequence of the usual benchmark: one object, one row a frame. */
export function oneObject(sequence: {
  name: string;
  folder: string;
  frames: FrameNames;
  boxes: Float64Array;
  hidden?: Uint8Array | undefined;
  size?: PictureSize | undefined;
  video?: string;
}): RawSequence {
  const { boxes, hidden, size, ...rest } = sequence;
  return {
    ...rest,
    size,
    rows: boxes.length / 4,
    objects: [{ first: 0, boxes, hidden }],
  };
}
