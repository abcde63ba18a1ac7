import { join } from "node:path";
import type { Box } from "@lorat/core";
import type { DatasetKind } from "./dataset.ts";
import { type FrameNames, frameName } from "./frame-names.ts";

/** A sequence to run a tracker over; plain data, so that it can go to another thread. */
export interface EvalSequence {
  readonly name: string;
  /** Folder of the pictures, absolute. */
  readonly folder: string;
  readonly frames: FrameNames;
  /** Frame that the tracker is started on: the first with a box. */
  readonly first: number;
  /** Its box there, pixels from 0. */
  readonly box: Box;
  /** Result files count pixels as this kind's own files do. */
  readonly kind: DatasetKind;
}

/** Path of a frame's picture. */
export function picturePath({ folder, frames }: EvalSequence, frame: number): string {
  return join(folder, frameName(frames, frame));
}

/** What a tracker said of a sequence, one entry a frame; nothing (zeros) before the first box. */
export interface TrackedSequence {
  /** `[frames, 4]`: x, y, width, height, pixels from 0; zeros where the tracker reported no box. */
  readonly boxes: Float64Array;
  /** `[frames]`; NaN where the tracker gave none. */
  readonly scores: Float64Array;
  /** `[frames]`, spent in the tracker. */
  readonly seconds: Float64Array;
}
