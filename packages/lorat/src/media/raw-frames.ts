import type { Readable } from "node:stream";
import type { Frame } from "@lorat/core";
import { asyncDisposeSymbol, LoratError } from "@lorat/graph";
import type { FrameRange, FrameSource } from "./frame-source.ts";

/** Orders of the bytes of a pixel, by FFmpeg's names: where red, green, blue (and alpha) lie. */
export const RAW_FORMATS = {
  rgb24: [0, 1, 2],
  bgr24: [2, 1, 0],
  rgba: [0, 1, 2, 3],
  bgra: [2, 1, 0, 3],
  gray: [0],
} as const;
export type RawFormat = keyof typeof RAW_FORMATS;

/** Bytes of pixels without any container. */
export interface RawOptions {
  readonly width: number;
  readonly height: number;
  /** Default: `rgb24`. */
  readonly format?: RawFormat;
  /** Frames a second, which the bytes do not tell; without it frames have no time. */
  readonly fps?: number;
}

/**
 * Frames out of raw bytes, one after the other, row by row from the top, as they arrive: once, and for as long as the stream lasts.
 * `frames()` throws `STREAM_TRUNCATED` for a stream that ends within a frame, after every whole frame before it;
 * `VIDEO_NO_FRAMES` for one without bytes; `FRAME_RANGE` for one that ends before `start`; `INPUT_UNREADABLE`.
 */
export function openRawFrames(
  input: Readable,
  name: string,
  { width, height, format = "rgb24", fps }: RawOptions,
): FrameSource {
  const order = RAW_FORMATS[format];
  const bytes = width * height * order.length;

  async function* frames({ start = 0, end = Number.POSITIVE_INFINITY }: FrameRange = {}) {
    let index = 0;
    let picture = new Uint8Array(bytes);
    let filled = 0;
    for await (const chunk of chunksOf(input, name)) {
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + bytes - filled);
        picture.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < bytes) continue;
        if (index >= start) yield frameOf(picture, index);
        index++;
        if (index >= end) return;
        picture = new Uint8Array(bytes);
        filled = 0;
      }
    }
    if (filled > 0) {
      throw new LoratError(
        "STREAM_TRUNCATED",
        `${name} ends within frame ${index}: ${filled} of its ${bytes} bytes have come`,
        { hint: `A frame of ${width}x${height} ${format} is ${bytes} bytes: check --raw and --raw-format.` },
      );
    }
    if (index === 0) throw new LoratError("VIDEO_NO_FRAMES", `${name} ended without a frame`);
    if (index <= start)
      throw new LoratError("FRAME_RANGE", `${name} has ${index} frames: there is no frame ${start}`, {
        hint: "Frames are counted from 0.",
      });
  }

  function frameOf(data: Uint8Array, index: number): Frame {
    const time = fps === undefined ? {} : { timestampSec: index / fps };
    return { width, height, channels: order.length === 4 ? 4 : 3, data: ordered(data), index, ...time };
  }

  /** The same pixels as RGB or RGBA; in place where the bytes only change places. */
  function ordered(data: Uint8Array): Uint8Array {
    if (format === "gray") {
      const rgb = new Uint8Array(data.length * 3);
      for (let i = 0; i < data.length; i++) rgb.fill(data[i]!, i * 3, i * 3 + 3);
      return rgb;
    }
    if (order[0] === 2) {
      for (let i = 0; i < data.length; i += order.length) {
        [data[i], data[i + 2]] = [data[i + 2]!, data[i]!];
      }
    }
    return data;
  }

  return {
    kind: "video",
    width,
    height,
    frameCount: undefined,
    fps,
    frames,
    recycle: () => {},
    dispose: async () => void input.destroy(),
    [asyncDisposeSymbol]() {
      return this.dispose();
    },
  };
}

async function* chunksOf(input: Readable, name: string): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const chunk of input) yield chunk as Uint8Array;
  } catch (cause) {
    throw new LoratError("INPUT_UNREADABLE", `${name} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}
