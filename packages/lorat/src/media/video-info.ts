import type { Orientation } from "./orient.ts";

/** What opening a video finds out, plain data that a worker thread can be handed. */
export interface VideoInfo {
  readonly path: string;
  /** Pixels after rotation. */
  readonly width: number;
  readonly height: number;
  readonly orientation: Orientation;
  /** Average frames a second. */
  readonly fps: number | undefined;
  /**
   * Presentation time of every frame in order, seconds, from the container's index; undefined for containers
   * (Matroska, WebM, MPEG-TS) where that means reading the whole file.
   */
  readonly times: Float64Array | undefined;
  /** The same in whole microseconds, as decoders are told them. */
  readonly timesUs?: Float64Array;
  /** Bytes that are missing at the end of the file, by the container's own sizes. */
  readonly missingBytes: number;
  /** Who reads the container; default: mediabunny, whose index tells the frames. */
  readonly reader?: "ffmpeg";
}
