import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import {
  AudioSample,
  AudioSampleSource,
  FilePathSource,
  FilePathTarget,
  Input,
  MP4,
  Mp4OutputFormat,
  Output,
  VideoSampleSink,
} from "mediabunny";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ClipOptions,
  collect,
  collectUntilError,
  readNumber,
  withFolder,
  writeClip,
} from "../testing/clips.ts";
import { openFrames } from "./open-frames.ts";
import { openVideo } from "./video-reader.ts";

const containers: [string, Partial<ClipOptions>][] = [
  ["mp4", {}],
  ["mp4 with the index first", { format: "faststart" }],
  ["fragmented mp4", { format: "fragmented" }],
  ["mov, H.265", { format: "mov", codec: "hevc", fast: true }],
  ["mkv", { format: "mkv" }],
  ["webm, VP9", { format: "webm", codec: "vp9", fast: true }],
  ["mpeg-ts", { format: "ts" }],
];

describe("openVideo", () => {
  it.each(containers)("delivers every frame in order: %s", async (_, options) => {
    await withFolder(async (folder) => {
      const path = join(folder, "clip");
      await writeClip(path, { frames: 40, fps: 25, ...options });
      const source = await openVideo(path);
      const frames = await collect(source.frames());
      expect(frames.map(readNumber)).toEqual(Array.from({ length: 40 }, (_, i) => i));
      expect(frames.map(({ index }) => index)).toEqual(Array.from({ length: 40 }, (_, i) => i));
      const first = frames[0]!.timestampSec!;
      frames.forEach((frame, i) => {
        expect(frame.timestampSec! - first).toBeCloseTo(i / 25, 2);
      });
      expect(source).toMatchObject({ kind: "video", width: 160, height: 120 });
      expect(source.fps).toBeCloseTo(25, 0);
      expect([40, undefined]).toContain(source.frameCount);
      await source.dispose();
    });
  });

  it.each(containers)("starts and ends at any frame: %s", async (_, options) => {
    await withFolder(async (folder) => {
      const path = join(folder, "clip");
      await writeClip(path, { frames: 60, keyFrameIntervalSec: 0.8, ...options });
      const source = await openVideo(path);
      for (const [start, end] of [
        [0, 1],
        [1, 4],
        [19, 22],
        [33, 33],
        [57, undefined],
      ] as const) {
        const frames = await collect(source.frames({ start, end }));
        expect(frames.map(readNumber)).toEqual(
          Array.from({ length: (end ?? 60) - start }, (_, i) => start + i),
        );
        expect(frames.map(({ index }) => index)).toEqual(frames.map(readNumber));
      }
      await expect(collect(source.frames({ start: 60 }))).rejects.toMatchObject({ code: "FRAME_RANGE" });
      await source.dispose();
    });
  });

  it.each<[string, Partial<ClipOptions>]>([
    ["AV1", { codec: "av1", fast: true }],
    ["H.265 with frames out of order", { format: "mkv", codec: "hevc" }],
    ["VP8", { format: "webm", codec: "vp8", fast: true }],
    ["VP9 of odd size", { format: "webm", codec: "vp9", width: 173, height: 99, fast: true }],
    ["ProRes", { format: "mov", codec: "prores" }],
  ])("decodes %s", async (_, options) => {
    await withFolder(async (folder) => {
      const path = join(folder, "clip");
      await writeClip(path, { frames: 12, ...options });
      const source = await openVideo(path);
      expect([source.width, source.height]).toEqual([options.width ?? 160, options.height ?? 120]);
      const frames = await collect(source.frames());
      expect(frames.map(readNumber)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    });
  });

  it("gives the bytes that mediabunny's own reader gives", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "clip.mp4");
      await writeClip(path, { frames: 20 });
      const input = new Input({ source: new FilePathSource(path), formats: [MP4] });
      const samples = new VideoSampleSink((await input.getPrimaryVideoTrack())!).samples();
      const expected: Uint8Array[] = [];
      for await (const sample of samples) {
        const bytes = new Uint8Array(sample.codedWidth * sample.codedHeight * 4);
        await sample.copyTo(bytes, { format: "RGBA" });
        expected.push(bytes);
        sample.close();
      }
      const frames = await collect((await openVideo(path)).frames());
      expect(frames.length).toBe(expected.length);
      frames.forEach(({ data }, i) => {
        expect(Buffer.compare(data as Uint8Array, expected[i]!)).toBe(0);
      });
    });
  });

  it("takes times from the container where the rate varies", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "clip.mp4");
      const times = [0, 0.1, 0.15, 0.4, 0.41, 0.7, 1.3, 1.34, 2, 2.5];
      await writeClip(path, { frames: times.length, times });
      const source = await openVideo(path);
      const frames = await collect(source.frames());
      expect(frames.map(readNumber)).toEqual(times.map((_, i) => i));
      frames.forEach(({ timestampSec }, i) => {
        expect(timestampSec).toBeCloseTo(times[i]!, 3);
      });
      await source.dispose();
    });
  });

  it.each([90, 180, 270] as const)("shows a picture turned by %i degrees upright", async (rotation) => {
    await withFolder(async (folder) => {
      const path = join(folder, "clip.mp4");
      await writeClip(path, { frames: 3, rotation });
      const plain = join(folder, "plain.mp4");
      await writeClip(plain, { frames: 3 });
      const source = await openVideo(path);
      const quarter = rotation !== 180;
      expect([source.width, source.height]).toEqual(quarter ? [120, 160] : [160, 120]);
      const [turned] = await collect(source.frames({ end: 1 }));
      const [straight] = await collect((await openVideo(plain)).frames({ end: 1 }));
      // the top-left corner of the stored picture, clockwise
      const corner = { 90: [119, 0], 180: [159, 119], 270: [0, 159] }[rotation];
      const right = { 90: [119, 1], 180: [158, 119], 270: [0, 158] }[rotation];
      expect(pixel(turned!, corner)).toEqual(pixel(straight!, [0, 0]));
      expect(pixel(turned!, right)).toEqual(pixel(straight!, [1, 0]));
      expect(pixel(turned!, [60, 60])).not.toEqual(pixel(turned!, corner));
    });
  });

  it("fills bytes that were handed back", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "clip.mp4");
      await writeClip(path, { frames: 20 });
      const source = await openVideo(path);
      const arrays = new Set<ArrayBufferLike>();
      const numbers: number[] = [];
      for await (const frame of source.frames()) {
        arrays.add(frame.data.buffer);
        numbers.push(readNumber(frame));
        source.recycle(frame);
      }
      expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => i));
      expect(arrays.size).toBeLessThan(5);
    });
  });
});

describe("a damaged video", () => {
  it.each([
    ["first key frame interval", 12],
    ["between key frames", 40],
    ["near the end", 58],
  ])("delivers everything before the damage: %s", async (_, damaged) => {
    await withFolder(async (folder) => {
      const path = join(folder, "clip.mp4");
      await writeClip(path, { frames: 60, format: "faststart", keyFrameIntervalSec: 1 });
      const bytes = await readFile(path);
      const { offset, length } = sampleAt(bytes, damaged);
      bytes.fill(0, offset, offset + length);
      await writeFile(path, bytes);
      const source = await openVideo(path);
      const { values, error } = await collectUntilError(source.frames());
      expect(error).toMatchObject({ code: "VIDEO_DECODE_FAILED" });
      expect((error as Error).message).toContain(`frame ${values.length} cannot be decoded`);
      expect(values.map(readNumber)).toEqual(values.map((_, i) => i));
      // Frames are stored in the order of decoding, at most a few places from the order of showing.
      expect(values.length).toBeGreaterThanOrEqual(damaged - 4);
      expect(values.length).toBeLessThanOrEqual(damaged + 4);
    });
  });

  it("names the frame at which a cut file ends", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "clip.mp4");
      await writeClip(path, { frames: 50, format: "faststart" });
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, Math.floor(bytes.length * 0.6)));
      const source = await openVideo(path);
      const { values, error } = await collectUntilError(source.frames());
      expect(error).toMatchObject({ code: "VIDEO_TRUNCATED" });
      expect((error as Error).message).toContain(`frame ${values.length} `);
      expect(values.length).toBeGreaterThan(10);
      expect(values.map(readNumber)).toEqual(values.map((_, i) => i));
    });
  });

  it.each(["mkv", "fragmented"] as const)("notices that a %s file was cut", async (format) => {
    await withFolder(async (folder) => {
      const path = join(folder, "clip");
      await writeClip(path, { frames: 100, format });
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, Math.floor(bytes.length * 0.7)));
      const { values, error } = await collectUntilError((await openVideo(path)).frames());
      expect(error).toMatchObject({ code: "VIDEO_TRUNCATED" });
      expect(values.length).toBeGreaterThan(20);
    });
  });
});

describe("what is not a usable video", () => {
  let folder: string;
  let release: () => void;
  beforeAll(
    () =>
      new Promise<void>((ready) => {
        void withFolder(async (path) => {
          folder = path;
          await new Promise<void>((resolve) => {
            release = resolve;
            ready();
          });
        });
      }),
  );
  afterAll(() => release());

  async function codeOf(name: string, bytes: Buffer | string): Promise<LoratError> {
    const path = join(folder, name);
    await writeFile(path, bytes);
    const error: unknown = await openFrames(path).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(LoratError);
    expect((error as LoratError).message).toContain(path);
    return error as LoratError;
  }

  it("says what is wrong with it", async () => {
    await writeClip(join(folder, "whole.mp4"), { frames: 10 });
    await writeClip(join(folder, "first.mp4"), { frames: 10, format: "faststart" });
    const whole = await readFile(join(folder, "whole.mp4"));
    const first = await readFile(join(folder, "first.mp4"));

    expect((await codeOf("empty.mp4", "")).code).toBe("VIDEO_EMPTY");
    expect((await codeOf("text.mp4", "not a video at all\n".repeat(40))).code).toBe("VIDEO_NOT_RECOGNISED");
    expect((await codeOf("half.mp4", whole.subarray(0, whole.length >> 1))).code).toBe("VIDEO_TRUNCATED");
    expect((await codeOf("head.mp4", whole.subarray(0, 100))).code).toBe("VIDEO_TRUNCATED");
    const foreign = Buffer.from(first);
    foreign.write("mp4v", foreign.indexOf("avc1", 48), "latin1");
    const codec = await codeOf("codec.mp4", foreign);
    expect(codec).toMatchObject({ code: "VIDEO_CODEC_UNKNOWN" });
    expect(codec.message).toContain("mp4v");
    const firstFrame = Buffer.from(first);
    const { offset, length } = sampleAt(first, 0);
    firstFrame.fill(0, offset, offset + length);
    const broken = await codeOf("broken.mp4", firstFrame);
    expect(broken.code).toBe("VIDEO_DECODE_FAILED");
    expect(broken.message).toContain("frame 0");
    await expect(openFrames(join(folder, "absent.mp4"))).rejects.toMatchObject({ code: "INPUT_NOT_FOUND" });
  });

  it("says that there is only sound", async () => {
    const path = join(folder, "sound.mp4");
    const output = new Output({ format: new Mp4OutputFormat(), target: new FilePathTarget(path) });
    const source = new AudioSampleSource({ codec: "aac", bitrate: 64_000 });
    output.addAudioTrack(source);
    await output.start();
    const data = new Float32Array(24_000);
    await source.add(
      new AudioSample({ data, format: "f32", numberOfChannels: 1, sampleRate: 24_000, timestamp: 0 }),
    );
    await output.finalize();
    await expect(openFrames(path)).rejects.toMatchObject({
      code: "VIDEO_NO_TRACK",
      message: expect.stringContaining("only audio") as string,
    });
  });
});

function pixel(
  { data, width, channels }: { data: ArrayLike<number>; width: number; channels: number },
  at: number[],
) {
  const offset = (at[1]! * width + at[0]!) * channels;
  return [data[offset], data[offset + 1], data[offset + 2]];
}

/** Where the `n`-th sample of the only track lies, from the tables of sizes and chunk offsets (one run of `stsc`). */
function sampleAt(bytes: Buffer, n: number): { offset: number; length: number } {
  const sizes = bytes.indexOf("stsz") + 4;
  const size = (i: number) => bytes.readUInt32BE(sizes + 12 + i * 4);
  const count = bytes.readUInt32BE(sizes + 8);
  const chunks = bytes.indexOf("stco") + 4;
  const runs = bytes.indexOf("stsc") + 4;
  const runCount = bytes.readUInt32BE(runs + 4);
  let sample = 0;
  const chunkCount = bytes.readUInt32BE(chunks + 4);
  for (let chunk = 0; chunk < chunkCount; chunk++) {
    let perChunk = 0;
    for (let run = 0; run < runCount; run++) {
      if (bytes.readUInt32BE(runs + 8 + run * 12) <= chunk + 1)
        perChunk = bytes.readUInt32BE(runs + 12 + run * 12);
    }
    let offset = bytes.readUInt32BE(chunks + 8 + chunk * 4);
    for (let i = 0; i < perChunk && sample < count; i++, sample++) {
      if (sample === n) return { offset, length: size(sample) };
      offset += size(sample);
    }
  }
  throw new Error(`there is no sample ${n}`);
}
