import type { Frame, Size } from "../geometry/frame.ts";

/**
 * Pixels in memory: a {@link Frame}, an `ImageData`, or bytes of a decoder. Rows top to bottom without padding. `channels` may be left
 * out: it follows from the number of bytes.
 */
export interface Pixels extends Size {
  readonly data: Uint8Array | Uint8ClampedArray;
  /** 3 is RGB, 4 is RGBA. */
  readonly channels?: number;
  readonly index?: number;
  readonly timestampSec?: number;
}

/** What sharp gives for `.raw().toBuffer({ resolveWithObject: true })`. */
export interface SharpOutput {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly info: Size & { readonly channels: number };
}

/** A `VideoFrame` of WebCodecs. */
export interface VideoFrameLike {
  readonly displayWidth: number;
  readonly displayHeight: number;
  /** Microseconds. */
  readonly timestamp: number;
  clone(): unknown;
  close(): void;
}

/** A `VideoSample` of mediabunny; its rotation is applied. */
export interface VideoSampleLike {
  readonly displayWidth: number;
  readonly displayHeight: number;
  /** Seconds. */
  readonly timestamp: number;
  // biome-ignore lint/suspicious/noExplicitAny: a canvas context, whose type is not there without the DOM library
  draw(context: any, x: number, y: number): void;
}

/** An `HTMLCanvasElement` or `OffscreenCanvas`. */
export interface CanvasLike extends Size {
  // biome-ignore lint/suspicious/noExplicitAny: its types are not there without the DOM library
  getContext(...args: any[]): unknown;
}

/** An `ImageBitmap`. */
export interface BitmapLike extends Size {
  close(): void;
}

/** An `HTMLVideoElement`: what it shows now. */
export interface VideoElementLike {
  readonly videoWidth: number;
  readonly videoHeight: number;
  readonly currentTime: number;
}

/** An `HTMLImageElement` that is loaded. */
export interface ImageElementLike {
  readonly naturalWidth: number;
  readonly naturalHeight: number;
  readonly complete: boolean;
}

/** What a canvas can draw. */
export type Drawable =
  | VideoFrameLike
  | VideoSampleLike
  | CanvasLike
  | BitmapLike
  | VideoElementLike
  | ImageElementLike;

/**
 * A picture as people have it. Everywhere: a {@link Frame}, RGB or RGBA bytes with a size, sharp's raw output. In a page or worker also
 * `ImageData`, `VideoFrame`, `ImageBitmap`, canvases, video and image elements, and mediabunny's `VideoSample`. A tracker reads it
 * at once and neither keeps nor closes it. The types name only what is asked of each, so that none of the DOM's types is needed.
 */
export type FrameInput = Frame | Pixels | SharpOutput | Drawable;
