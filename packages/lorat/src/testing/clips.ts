import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Box, Frame } from "@lorat/core";
import {
  FilePathTarget,
  MkvOutputFormat,
  MovOutputFormat,
  Mp4OutputFormat,
  MpegTsOutputFormat,
  Output,
  Quality,
  VideoSample,
  VideoSampleSource,
  WebMOutputFormat,
} from "mediabunny";
import sharp from "sharp";
import { registerEncoders } from "../media/video-encoder.ts";

const BITS = 10;

/** A picture that carries its number: ten black or white blocks along the top, over a slope with a bright square. */
export function numberedFrame(index: number, width = 160, height = 120): Frame {
  const data = new Uint8Array(width * height * 4);
  const box = squareAt(index);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;
      const bit = (index >> Math.floor((x / width) * BITS)) & 1;
      const code = bit ? 255 : 0;
      const at = (y * width + x) * 4;
      data[at] = y < 16 ? code : inside ? 250 : (x + index) & 127;
      data[at + 1] = y < 16 ? code : inside ? 220 : (y * 2) & 127;
      data[at + 2] = y < 16 ? code : 60;
      data[at + 3] = 255;
    }
  }
  return { width, height, channels: 4, data, index };
}

/** Where the bright square of {@link numberedFrame} is: one pixel further right and down in each frame. */
export function squareAt(index: number): Box {
  return { x: 20 + (index % 90), y: 30 + (index % 60), width: 24, height: 20 };
}

/** The number that a frame carries. */
export function readNumber({ data, width, channels }: Frame): number {
  let index = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const x = Math.floor(((bit + 0.5) / BITS) * width);
    if (data[(8 * width + x) * channels]! > 127) index |= 1 << bit;
  }
  return index;
}

const FORMATS = {
  mp4: () => new Mp4OutputFormat({ fastStart: false }),
  faststart: () => new Mp4OutputFormat({ fastStart: "in-memory" }),
  fragmented: () => new Mp4OutputFormat({ fastStart: "fragmented" }),
  mov: () => new MovOutputFormat(),
  mkv: () => new MkvOutputFormat(),
  webm: () => new WebMOutputFormat(),
  ts: () => new MpegTsOutputFormat(),
};

export interface ClipOptions {
  frames: number;
  width?: number;
  height?: number;
  fps?: number;
  format?: keyof typeof FORMATS;
  codec?: "avc" | "hevc" | "vp9" | "vp8" | "av1" | "prores";
  rotation?: 0 | 90 | 180 | 270;
  keyFrameIntervalSec?: number;
  /** Start of each frame, seconds; overrides `fps`. */
  times?: readonly number[];
  /** The fastest preset, without frames that refer to later ones. */
  fast?: boolean;
}

/** Writes a clip of numbered frames, with frames that refer to later ones (B-frames) where the codec has them. */
export async function writeClip(path: string, options: ClipOptions): Promise<void> {
  const {
    frames,
    width = 160,
    height = 120,
    fps = 25,
    format = "mp4",
    codec = "avc",
    rotation = 0,
  } = options;
  registerEncoders();
  const output = new Output({ format: FORMATS[format](), target: new FilePathTarget(path) });
  const source = new VideoSampleSource({
    codec,
    quality: new Quality("high"),
    latencyMode: options.fast ? "realtime" : "quality",
    keyFrameInterval: options.keyFrameIntervalSec ?? 1,
  });
  output.addVideoTrack(source, { rotation });
  await output.start();
  for (let i = 0; i < frames; i++) {
    const timestamp = options.times?.[i] ?? i / fps;
    const duration = options.times?.[i + 1] === undefined ? 1 / fps : options.times[i + 1]! - timestamp;
    const sample = new VideoSample(numberedFrame(i, width, height).data, {
      format: "RGBA",
      codedWidth: width,
      codedHeight: height,
      timestamp,
      duration,
    });
    await source.add(sample);
    sample.close();
  }
  await output.finalize();
}

/** Writes numbered frames as `NNNN.EXTENSION` from 1 on. */
export async function writeImages(folder: string, frames: number, extension = "jpg"): Promise<string[]> {
  const names = Array.from({ length: frames }, (_, i) => `${String(i + 1).padStart(4, "0")}.${extension}`);
  for (const [i, name] of names.entries())
    await writeFile(join(folder, name), await encodeImage(i, extension));
  return names;
}

export async function encodeImage(index: number, extension = "jpg"): Promise<Buffer> {
  const { data, width, height, channels } = numberedFrame(index);
  const image = sharp(data, { raw: { width, height, channels } }).removeAlpha();
  return image.toFormat(extension === "png" ? "png" : "jpeg", { quality: 95 }).toBuffer();
}

/** Runs `use` with a fresh folder and removes it. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "lorat-test-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** All values of an async iterable. */
export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

/** Reads until the source throws; gives what came before and the error. */
export async function collectUntilError<T>(
  values: AsyncIterable<T>,
): Promise<{ values: T[]; error: unknown }> {
  const list: T[] = [];
  try {
    for await (const value of values) list.push(value);
  } catch (error) {
    return { values: list, error };
  }
  throw new Error(`no error after ${list.length} values`);
}
