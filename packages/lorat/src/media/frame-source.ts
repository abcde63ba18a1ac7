/// <reference lib="esnext.disposable" preserve="true" />
import type { Frame } from "@lorat/core";

/** A range of a source, in frame indices. */
export interface FrameRange {
  /** First frame, from 0. */
  start?: number;
  /** One past the last frame; the source's end when absent. */
  end?: number;
}

/** A video file or a folder of images, read frame by frame. */
export interface FrameSource extends AsyncDisposable {
  readonly kind: "video" | "images";
  /** Pixels, as displayed: a video's rotation is applied, pixels that are not square are left as they are. */
  readonly width: number;
  readonly height: number;
  /** Exact, or undefined where counting would mean reading the whole file. */
  readonly frameCount: number | undefined;
  /** Average rate of a video, or the rate that was given for a folder of images; undefined where there is none. */
  readonly fps: number | undefined;
  /** What a user should know of how the source is read. */
  readonly notes?: readonly string[];
  /**
   * Frames in presentation order, decoded a few ahead of the reader and never more, so memory does not grow with
   * the length. `frame.index` is the position in the source. Throws `FRAME_RANGE` for a start past the end, and where
   * a frame cannot be read one of {@link SOURCE_ERROR_CODES}, after every frame before it was delivered.
   */
  frames(range?: FrameRange): AsyncIterable<Frame>;
  /** Gives a frame's bytes back, to be filled again: optional, saves an allocation. Do not read the frame after it. */
  recycle(frame: Pick<Frame, "data">): void;
  dispose(): Promise<void>;
}

/** Codes of errors that end a source early while everything before the named frame stays good. */
export const SOURCE_ERROR_CODES: ReadonlySet<string> = new Set([
  "VIDEO_DECODE_FAILED",
  "VIDEO_TRUNCATED",
  "VIDEO_SIZE_CHANGED",
  "IMAGE_DECODE_FAILED",
  "IMAGE_SIZE_CHANGED",
  "STREAM_TRUNCATED",
]);
