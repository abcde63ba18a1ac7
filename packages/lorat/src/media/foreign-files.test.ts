import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Frame } from "@lorat/core";
import { FilePathSource, Input } from "mediabunny";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { collect, withFolder } from "../testing/clips.ts";
import { VIDEO_FORMATS } from "./media-libraries.ts";
import { openFrames } from "./open-frames.ts";
import { createVideoWriter } from "./video-writer.ts";

const video = (name: string) => fileURLToPath(new URL(`../testing/videos/${name}`, import.meta.url));

/** The frame's number, which these videos have as twelve squares of 16 pixels along the top. */
function codeOf({ data, width, channels }: Frame): number {
  let code = 0;
  for (let i = 0; i < 12; i++) {
    const at = (8 * width + 16 * i + 8) * channels;
    if ((data[at]! + data[at + 1]! + data[at + 2]!) / 3 > 110) code |= 1 << i;
  }
  return code;
}

const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** What `ffmpeg -i FILE -f rawvideo` decodes of each. */
const DECODED: readonly (readonly [string, number[]])[] = [
  ["cut-by-stream-copy.mp4", numbers(33, 59)],
  ["cut-both-ends.mp4", numbers(8, 29)],
  ["close-times.mp4", numbers(0, 39)],
  ["sound.mp4", numbers(0, 26)],
  ["mpeg4.mp4", numbers(0, 5)],
  ["mpeg4.avi", numbers(0, 5)],
  ["h264-b-frames.avi", numbers(0, 5)],
  ["mjpeg.avi", numbers(0, 5)],
  ["wmv2.wmv", numbers(0, 5)],
];

describe("frame k is the k-th that ffmpeg decodes", () => {
  it.each(DECODED)("%s", async (name, expected) => {
    const source = await openFrames(video(name));
    const all = await collect(source.frames());
    expect(all.map(codeOf)).toEqual(expected);
    expect(all.map(({ index }) => index)).toEqual(expected.map((_, i) => i));
    expect([undefined, expected.length]).toContain(source.frameCount);
    for (const start of new Set([1, 3, expected.length >> 1, expected.length - 1])) {
      const [one] = await collect(source.frames({ start, end: start + 1 }));
      expect(codeOf(one!), `start ${start}`).toBe(expected[start]);
    }
    await expect(collect(source.frames({ start: expected.length }))).rejects.toMatchObject({
      code: "FRAME_RANGE",
    });
    await source.dispose();
  });
});

async function tracksOf(path: string) {
  const input = new Input({ source: new FilePathSource(path), formats: VIDEO_FORMATS });
  const tracks = await input.getTracks();
  const found = { format: (await input.getFormat()).name, codecs: [] as (string | null)[] };
  for (const track of tracks) found.codecs.push((await track.getCodec()) as string | null);
  input.dispose();
  return found;
}

describe("createVideoWriter", () => {
  it.each([
    ["mp4", "MP4", ["avc", "aac"]],
    ["mov", "QuickTime File Format", ["avc", "aac"]],
    ["mkv", "Matroska", ["avc", "aac"]],
    ["webm", "WebM", ["vp8", expect.stringMatching(/vorbis|opus/)]],
  ])("writes %s, sound kept", async (extension, format, codecs) => {
    await withFolder(async (folder) => {
      const path = join(folder, `out.${extension}`);
      const soundOf = video("sound.mp4");
      const source = await openFrames(soundOf);
      const { width, height } = source;
      const writer = await createVideoWriter(path, { width, height, fps: 25, soundOf, thread: false });
      for await (const frame of source.frames({ start: 5 })) await writer.add(frame);
      await writer.commit();
      expect(await tracksOf(path)).toEqual({ format, codecs });
      const written = await openFrames(path);
      expect((await collect(written.frames())).map(codeOf)).toEqual(numbers(5, 26));
      await Promise.all([source.dispose(), written.dispose()]);
    });
  });

  it("writes GIF", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "out.gif");
      const source = await openFrames(video("mpeg4.mp4"));
      const writer = await createVideoWriter(path, { ...source, fps: 25 });
      for await (const frame of source.frames()) await writer.add(frame);
      await writer.commit();
      const written = await openFrames(path);
      const frames = await collect(written.frames());
      expect(frames.map(codeOf)).toEqual(numbers(0, 5));
      expect(frames.at(-1)!.timestampSec).toBeCloseTo(0.2, 2);
      await Promise.all([source.dispose(), written.dispose()]);
    });
  });

  it("refuses kinds that it does not write", async () => {
    await expect(createVideoWriter("x.avi", { width: 8, height: 8 })).rejects.toMatchObject({
      code: "OUTPUT_FORMAT",
    });
  });
});

describe("image folders", () => {
  const [width, height] = [20, 12];
  const grey = Buffer.from(Array.from({ length: width * height * 3 }, (_, i) => (i * 7) % 251));

  it("read BMP, PPM, PGM and AVIF", async () => {
    await withFolder(async (folder) => {
      await writeFile(
        join(folder, "1.ppm"),
        Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), grey]),
      );
      await writeFile(join(folder, "2.bmp"), bitmap(grey, width, height));
      await sharp(grey, { raw: { width, height, channels: 3 } })
        .avif({ lossless: true })
        .toFile(join(folder, "3.avif"));
      const frames = await collect((await openFrames(folder)).frames());
      expect(Buffer.from(frames[0]!.data).equals(grey)).toBe(true);
      expect(Buffer.from(frames[1]!.data).equals(grey)).toBe(true);
      expect(frames[2]).toMatchObject({ width, height, channels: 3 });
    });
    await withFolder(async (folder) => {
      await writeFile(join(folder, "1.bmp"), bitmap(grey, width, height).subarray(0, 300));
      await expect(openFrames(folder)).rejects.toMatchObject({ code: "IMAGE_DECODE_FAILED" });
    });
  });

  it("read 12-bit data in 16-bit files as such, and say so", async () => {
    await withFolder(async (folder) => {
      const values = Uint16Array.from({ length: width * height }, (_, i) => (i % 16) * 273);
      await sharp(values, { raw: { width, height, channels: 1, depth: "ushort" } as never })
        .toColourspace("grey16")
        .png()
        .toFile(join(folder, "1.png"));
      const source = await openFrames(folder);
      const [frame] = await collect(source.frames());
      expect([...frame!.data.subarray(0, 48)].filter((_, i) => i % 3 === 0)).toEqual(
        Array.from({ length: 16 }, (_, i) => i * 17),
      );
      expect(source.notes).toEqual([expect.stringContaining("12 bits")]);
    });
  });

  it("say that EXIF rotations are not applied, and which pictures are no frames", async () => {
    await withFolder(async (folder) => {
      const picture = sharp(grey, { raw: { width, height, channels: 3 } }).withMetadata({ orientation: 6 });
      const bytes = await picture.jpeg().toBuffer();
      for (const name of ["1", "2", "3", "cover"]) await writeFile(join(folder, `${name}.jpg`), bytes);
      const source = await openFrames(folder, { fps: 12 });
      expect(source).toMatchObject({ width, height, frameCount: 3, fps: 12 });
      expect(source.notes).toEqual([expect.stringContaining("EXIF"), expect.stringContaining("cover.jpg")]);
    });
  });
});

describe("inputs that are no files", () => {
  it("reads a pipe to its end", async () => {
    await withFolder(async (folder) => {
      const { execFileSync, spawn } = await import("node:child_process");
      const pipe = join(folder, "pipe");
      execFileSync("mkfifo", [pipe]);
      const writer = spawn("sh", ["-c", `cat "${video("mpeg4.mp4")}" > "${pipe}"`]);
      const source = await openFrames(pipe);
      expect((await collect(source.frames())).map(codeOf)).toEqual(numbers(0, 5));
      await source.dispose();
      writer.kill();
    });
    expect((await readFile(video("mpeg4.mp4"))).length).toBeGreaterThan(0);
  });
});

/** A Windows bitmap of 24 bits. */
function bitmap(rgb: Buffer, width: number, height: number): Buffer {
  const row = Math.ceil((width * 3) / 4) * 4;
  const head = Buffer.alloc(54);
  head.write("BM");
  head.writeUInt32LE(54 + row * height, 2);
  head.writeUInt32LE(54, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(width, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(24, 28);
  const body = Buffer.alloc(row * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let k = 0; k < 3; k++) {
        body[(height - 1 - y) * row + 3 * x + k] = rgb[(y * width + x) * 3 + 2 - k]!;
      }
    }
  }
  return Buffer.concat([head, body]);
}
