/** Width and height in pixels, or in cells of a grid. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * One decoded picture: rows top to bottom, pixels left to right, `channels` bytes a pixel.
 * With 4 channels the fourth is ignored, so a decoder's RGBA is used without a copy.
 */
export interface Frame extends Size {
  readonly channels: 3 | 4;
  /** `width * height * channels` bytes, RGB or RGBA. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Position in its source, from 0. */
  readonly index?: number;
  /** Presentation time from the container, seconds; absent for folders of images. */
  readonly timestampSec?: number;
}
