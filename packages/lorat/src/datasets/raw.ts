import type { FrameNames } from "./frame-names.ts";

/** One object as its dataset's annotation has it, before any cleaning. */
export interface RawObject {
  /** Frame of the first row. */
  readonly first: number;
  /** `[rows, 4]`: x, y, width, height, in the numbers of the dataset's files; NaN or without area where there is no box. */
  readonly boxes: Float64Array;
  /** `[rows]`: 1 where the dataset's flags say that it cannot be seen, whatever the box; never when left out. */
  readonly hidden?: Uint8Array;
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** One sequence as its dataset's annotation has it; the same for training and evaluation. */
export interface RawSequence {
  readonly name: string;
  /** Folder of the pictures, relative to the dataset's. */
  readonly folder: string;
  /** None where the annotation is there without its pictures. */
  readonly frames: FrameNames;
  /** Size of the pictures where the dataset says it. */
  readonly size?: PictureSize;
  readonly objects: readonly RawObject[];
  /** Rows in the annotation where it has one a frame, whose number must then be that of the frames. */
  readonly rows?: number;
  /** Annotated video, relative to the dataset's folder; `frames` are then those that it will be unpacked to. */
  readonly video?: string;
}
