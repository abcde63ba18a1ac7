import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Frame, type Tracker, toFrame } from "@lorat/core";
import { asyncDisposeSymbol, LoratError } from "@lorat/graph";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { readBoxes } from "../datasets/boxes/read-boxes.ts";
import type { FrameSource } from "../media/frame-source.ts";
import { openFrames } from "../media/open-frames.ts";
import { collect, readNumber, squareAt, withFolder, writeClip, writeImages } from "../testing/clips.ts";
import { createDriftTracker } from "../testing/drift-tracker.ts";
import { numberedPaths, openTrackOutputs } from "./track-outputs.ts";
import { type TrackedFrame, trackVideo } from "./track-video.ts";

/** Frames that exist only as numbers, to watch who holds how many. */
function countingSource(length: number, failAt?: number): FrameSource & { held: number; mostHeld: number } {
  const source = {
    kind: "video" as const,
    width: 64,
    height: 48,
    frameCount: length,
    fps: 25,
    held: 0,
    mostHeld: 0,
    async *frames({ start = 0, end = length } = {}) {
      for (let index = start; index < Math.min(end, length); index++) {
        if (index === failAt) throw new LoratError("VIDEO_DECODE_FAILED", `frame ${index} cannot be decoded`);
        source.held++;
        source.mostHeld = Math.max(source.mostHeld, source.held);
        yield { width: 64, height: 48, channels: 4, data: new Uint8Array(64 * 48 * 4), index } as Frame;
      }
    },
    recycle: () => {
      source.held--;
    },
    dispose: async () => {},
    [asyncDisposeSymbol]() {
      return this.dispose();
    },
  };
  return source;
}

const box = { x: 5, y: 6, width: 10, height: 8 };

describe("trackVideo", () => {
  it("tells the sinks of every frame, the given box first, and hands every frame back", async () => {
    const source = countingSource(200);
    const tracker = createDriftTracker();
    const seen: TrackedFrame[] = [];
    const slow = { write: () => new Promise<void>((resolve) => setTimeout(resolve, 1)) };
    const sinks = [{ write: (tracked: TrackedFrame) => void seen.push(tracked) }, slow];
    const summary = await trackVideo(source, tracker, [box], { start: 20, sinks });
    expect(summary).toMatchObject({ frames: 180, stopped: undefined });
    expect(seen.map(({ frame }) => frame.index)).toEqual(Array.from({ length: 180 }, (_, i) => 20 + i));
    expect(seen[0]!.results).toEqual([
      { box, score: 1, state: "tracked", raw: { box: [5, 6, 15, 14], score: 1 } },
    ]);
    seen.forEach(({ results }, i) => {
      expect(results[0]!.box).toEqual({ ...box, x: 5 + i, y: 6 + i });
    });
    expect(source.held).toBe(0);
    expect(source.mostHeld).toBeLessThanOrEqual(3);
    expect(tracker.disposed).toBe(1);
  });

  it("tracks the next frame while a sink is still busy with the last", async () => {
    const drift = createDriftTracker();
    const begun = Array.from({ length: 7 }, withResolvers);
    const tracker: Tracker = {
      ...drift,
      start: async (frame, first) => {
        const target = await drift.start(frame, first);
        return {
          ...target,
          track: (next) => {
            begun[toFrame(next).index!]!.resolve();
            return target.track(next);
          },
        };
      },
    };
    const written: number[] = [];
    // Would wait for ever if the next frame were tracked only after this one is written.
    const write = async ({ frame }: TrackedFrame) => {
      if (frame.index! < 5) await begun[frame.index! + 1]!.promise;
      written.push(frame.index!);
    };
    await trackVideo(countingSource(6), tracker, [box], { sinks: [{ write }] });
    expect(written).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("keeps what was tracked before a frame that cannot be read", async () => {
    const seen: number[] = [];
    const sinks = [{ write: ({ frame }: TrackedFrame) => void seen.push(frame.index!) }];
    const summary = await trackVideo(countingSource(50, 33), createDriftTracker(), [box], { sinks });
    expect(seen).toHaveLength(33);
    expect(summary.frames).toBe(33);
    expect(summary.stopped).toMatchObject({ code: "VIDEO_DECODE_FAILED" });
    const first = trackVideo(countingSource(50, 0), createDriftTracker(), [box], { sinks });
    await expect(first).rejects.toMatchObject({ code: "VIDEO_DECODE_FAILED" });
  });

  it("ends after the frame at hand when asked to", async () => {
    const controller = new AbortController();
    const write = ({ frame }: TrackedFrame) => {
      if (frame.index === 12) controller.abort();
    };
    const options = { sinks: [{ write }], signal: controller.signal };
    const source = countingSource(1000);
    const summary = await trackVideo(source, createDriftTracker(), [box], options);
    expect(summary).toMatchObject({ frames: 13, stopped: "aborted" });
    expect(source.held).toBe(0);
  });

  it("keeps what was tracked before the device was lost", async () => {
    const error = new LoratError("DEVICE_LOST", "the device failed twice");
    const tracker = createDriftTracker({ failAt: { index: 3, error } });
    const seen: TrackedFrame[] = [];
    const sinks = [{ write: (tracked: TrackedFrame) => void seen.push(tracked) }];
    const summary = await trackVideo(countingSource(9), tracker, [box], { sinks });
    expect(summary).toMatchObject({ frames: 3, stopped: error });
    expect(seen.map(({ frame }) => frame.index)).toEqual([0, 1, 2]);
  });

  it("passes on what the tracker and the sinks throw", async () => {
    const tracker = createDriftTracker({ failAt: { index: 3, error: new Error("out of memory") } });
    await expect(trackVideo(countingSource(9), tracker, [box], { sinks: [] })).rejects.toThrow(
      "out of memory",
    );
    expect(tracker.disposed).toBe(1);
    for (const full of [
      () => {
        throw new Error("disk full");
      },
      () => Promise.reject(new Error("disk full")),
    ]) {
      const run = trackVideo(countingSource(9), createDriftTracker(), [box], { sinks: [{ write: full }] });
      await expect(run).rejects.toThrow("disk full");
    }
  });

  it.each([
    ["BOX_OUTSIDE", { x: 64, y: 0, width: 5, height: 5 }],
    ["BOX_OUTSIDE", { x: -5, y: 0, width: 5, height: 5 }],
    ["BOX_EMPTY", { x: 1, y: 1, width: 0, height: 5 }],
    ["BOX_EMPTY", { x: 1, y: 1, width: 5, height: -2 }],
    ["BOX_MALFORMED", { x: Number.NaN, y: 1, width: 5, height: 5 }],
    ["BOX_MALFORMED", { x: 1, y: Number.POSITIVE_INFINITY, width: 5, height: 5 }],
  ])("refuses a box that cannot be meant: %s %o", async (code, bad) => {
    const run = trackVideo(countingSource(9), createDriftTracker(), [box, bad], { sinks: [] });
    await expect(run).rejects.toMatchObject({ code });
  });
});

describe("openTrackOutputs", () => {
  it("writes boxes, scores and an annotated video of several targets", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "clip.mp4");
      await writeClip(path, { frames: 30 });
      const source = await openFrames(path);
      const boxes = [squareAt(5), { x: 2, y: 40, width: 12, height: 12 }];
      const at = (name: string) => join(folder, name);
      const outputs = await openTrackOutputs(source, 2, {
        boxes: at("boxes.txt"),
        scores: at("scores.csv"),
        sheet: at("sheet.jpg"),
        video: at("out.mp4"),
      });
      const { sinks } = outputs;
      const summary = await trackVideo(source, createDriftTracker(), boxes, { start: 5, end: 25, sinks });
      expect((await readdir(folder)).filter((name) => !name.includes("partial"))).toEqual(["clip.mp4"]);
      await outputs.commit();
      expect(summary.frames).toBe(20);
      expect((await readdir(folder)).sort()).toEqual(
        [
          "boxes_1.txt",
          "boxes_2.txt",
          "clip.mp4",
          "out.mp4",
          "scores_1.csv",
          "scores_2.csv",
          "sheet.jpg",
        ].sort(),
      );
      const sheet = await sharp(at("sheet.jpg")).metadata();
      expect([sheet.format, sheet.width]).toEqual(["jpeg", 4 * 328 + 8]);
      expect(await readBoxes(at("boxes_1.txt"))).toEqual(
        Array.from({ length: 20 }, (_, i) => squareAt(5 + i)),
      );
      expect(await readBoxes(at("boxes_2.txt"))).toHaveLength(20);
      const scores = (await readFile(at("scores_2.csv"), "utf8")).trim().split("\n");
      expect(scores.slice(0, 3)).toEqual(["frame,score,state", "5,1,tracked", "6,0.5,tracked"]);
      expect(scores.filter((line) => line.endsWith("lost"))).toEqual(["15,0.090909,lost"]);
      const annotated = await collect((await openFrames(at("out.mp4"))).frames());
      expect(annotated.map(readNumber)).toEqual(Array.from({ length: 20 }, (_, i) => 5 + i));
      // the line above the square is green, and is not in the clip itself
      const square = squareAt(5 + 3);
      const line = pixel(annotated[3]!, square.x + 12, square.y - 1);
      expect(line[1]! - line[0]!).toBeGreaterThan(80);
      await source.dispose();
    });
  });

  it("annotates a folder of images", async () => {
    await withFolder(async (folder) => {
      await writeImages(folder, 8);
      const source = await openFrames(folder);
      const outputs = await openTrackOutputs(source, 1, { video: join(folder, "out.mp4") });
      await trackVideo(source, createDriftTracker(), [squareAt(0)], outputs);
      await outputs.commit();
      const annotated = await collect((await openFrames(join(folder, "out.mp4"))).frames());
      expect(annotated.map(readNumber)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    });
  });

  it("leaves nothing when one of the outputs exists", async () => {
    await withFolder(async (folder) => {
      await writeImages(folder, 3);
      await writeFile(join(folder, "scores.csv"), "mine");
      const before = await readdir(folder);
      const source = await openFrames(folder);
      const paths = { boxes: join(folder, "boxes.txt"), scores: join(folder, "scores.csv") };
      await expect(openTrackOutputs(source, 1, paths)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      expect(await readdir(folder)).toEqual(before);
    });
  });

  it("numbers files by target", () => {
    expect(numberedPaths(join("a", "b.c.txt"), 1)).toEqual([join("a", "b.c.txt")]);
    expect(numberedPaths(join("a", "b.c.txt"), 2)).toEqual([join("a", "b.c_1.txt"), join("a", "b.c_2.txt")]);
    expect(numberedPaths("b", 3)).toEqual(["b_1", "b_2", "b_3"]);
  });
});

function pixel({ data, width, channels }: Frame, x: number, y: number): number[] {
  const at = (y * width + x) * channels;
  return [data[at]!, data[at + 1]!, data[at + 2]!];
}

function withResolvers() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
