import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Box } from "@lorat/core";
import { iou, toCorners } from "@lorat/core/geometry";
import sharp from "sharp";
import { expect, it } from "vitest";
import { readBoxes } from "../datasets/boxes/read-boxes.ts";
import { openFrames } from "../media/open-frames.ts";
import { collect, numberedFrame, squareAt, withFolder, writeClip } from "../testing/clips.ts";
import { createDriftTracker } from "../testing/drift-tracker.ts";
import { type TrackOptions, track, type VideoInput } from "./track.ts";

const clip = fileURLToPath(new URL("../../../../examples/clip/", import.meta.url));

it("follows an object through a file with one loop, which may be left", async () => {
  const truth = await readBoxes(join(clip, "groundtruth.txt"));
  const overlaps: number[] = [];
  for await (const { frame, box, score, state } of track(join(clip, "clip.mp4"), truth[0]!)) {
    expect([frame.width, frame.height, frame.index]).toEqual([640, 360, overlaps.length]);
    expect(score).toBeGreaterThan(0);
    expect(state).toBe("tracked");
    overlaps.push(iou(toCorners(box), toCorners(truth[frame.index!]!)));
    if (overlaps.length === 20) break;
  }
  expect(overlaps).toHaveLength(20);
  expect(overlaps[0]).toBe(1);
  expect(Math.min(...overlaps)).toBeGreaterThan(0.7);
});

it("takes ranges, opened sources and pictures of every kind, and keeps the bytes of every frame", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "clip.mp4");
    await writeClip(path, { frames: 12 });
    const model = createDriftTracker();
    const options = { model, start: 3, end: 9 };
    const fromFile = await collect(track(path, squareAt(3), options));
    expect(fromFile.map(({ frame }) => frame.index)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(fromFile.map(({ box }) => box.x - squareAt(3).x)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(new Set(fromFile.map(({ frame }) => frame.data)).size).toBe(6);
    await using source = await openFrames(path);
    const several = await collect(track(source, [squareAt(3), squareAt(0)], options));
    expect(several.map(({ targets }) => targets[0]!.box)).toEqual(fromFile.map(({ box }) => box));
    expect(several[5]!.targets).toHaveLength(2);
    async function* pictures() {
      for (let i = 0; i < 12; i++) {
        const { data, width, height } = numberedFrame(i);
        const raw = { width, height, channels: data.length === width * height * 3 ? 3 : 4 } as const;
        yield sharp(data, { raw }).raw().toBuffer({ resolveWithObject: true });
      }
    }
    const fromSharp = await collect(track(pictures(), squareAt(3), options));
    expect(fromSharp.map(({ frame, box }) => [frame.index, box])).toEqual(
      fromFile.map(({ frame, box }) => [frame.index, box]),
    );
  });
});

it("refuses what cannot be tracked, and stops when it is cancelled", async () => {
  const model = createDriftTracker();
  const frames = Array.from({ length: 9 }, (_, i) => numberedFrame(i));
  const codeOf = async (video: VideoInput, given: Box, options?: TrackOptions) =>
    collect(track(video, given, options)).then(
      () => "none",
      ({ code }) => code,
    );
  const box = squareAt(0);
  expect(await codeOf("none.mp4", box)).toBe("INPUT_NOT_FOUND");
  expect(await codeOf(frames, { ...box, width: 0 }, { model })).toBe("BOX_EMPTY");
  expect(await codeOf(frames, { ...box, x: 9999 }, { model })).toBe("BOX_OUTSIDE");
  expect(await codeOf(frames, { ...box, x: Number.NaN }, { model })).toBe("BOX_MALFORMED");
  expect(await codeOf(["a.jpg"] as never, box, { model })).toBe("FRAME_KIND");
  expect(await codeOf(frames, box, { model: "nanoo" })).toBe("MODEL_UNKNOWN");
  const controller = new AbortController();
  const seen: number[] = [];
  const run = async () => {
    for await (const { frame } of track(frames, box, { model, signal: controller.signal })) {
      seen.push(frame.index!);
      if (frame.index === 4) controller.abort("enough");
    }
  };
  await expect(run()).rejects.toMatchObject({ code: "TRACK_CANCELLED", cause: "enough" });
  expect(seen).toEqual([0, 1, 2, 3, 4]);
});
