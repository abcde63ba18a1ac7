import { LoratError } from "@lorat/graph";

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

/** Throws `FRAME_FORM` for pictures of another form, which would be tracked badly without a word. */
export function checkFrame(frame: Frame): void {
  const { width, height, channels, data } = frame;
  if (!isCount(width) || !isCount(height)) {
    throw formError(`width and height are whole numbers above 0, got ${width} x ${height}`);
  }
  if (channels !== 3 && channels !== 4) {
    throw formError(
      `channels are 3 (RGB) or 4 (RGBA), got ${channels}`,
      "Repeat the value of a grey picture three times a pixel.",
    );
  }
  // By its tag: an array out of another realm is no instance of this one's class.
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  if (kind !== "Uint8Array" && kind !== "Uint8ClampedArray") {
    throw formError(
      `data is a Uint8Array or Uint8ClampedArray of values from 0 to 255, got ${kind}`,
      "Multiply floats from 0 to 1 by 255 and round them; shift 16-bit values right by 8.",
    );
  }
  const expected = width * height * channels;
  if (data.length !== expected) {
    throw formError(
      `${width} x ${height} pixels of ${channels} channels are ${expected} bytes, got ${data.length}`,
      "Rows follow each other without padding.",
    );
  }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0;
}

function formError(message: string, hint?: string): LoratError {
  return new LoratError("FRAME_FORM", `not a frame: ${message}`, { hint });
}
