import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Frame } from "@lorat/core";
import { describe, expect, it } from "vitest";
import { collect, numberedFrame, readNumber, withFolder } from "../testing/clips.ts";
import { openVideo } from "./video-reader.ts";
import { createVideoWriter } from "./video-writer.ts";

describe("createVideoWriter", () => {
  it.each([
    [160, 120],
    [161, 121],
  ])("writes a video that reads back as it was, %i x %i", async (width, height) => {
    await withFolder(async (folder) => {
      const path = join(folder, "deeper", "out.mp4");
      const writer = await createVideoWriter(path, { width, height, fps: 30 });
      const frames = Array.from({ length: 25 }, (_, i) => numberedFrame(i, width, height));
      for (const frame of frames) await writer.add(frame);
      await writer.commit();
      expect(await readdir(join(folder, "deeper"))).toEqual(["out.mp4"]);
      const source = await openVideo(path);
      expect([source.width, source.height]).toEqual([width + (width % 2), height + (height % 2)]);
      expect(source.fps).toBeCloseTo(30, 1);
      const back = await collect(source.frames());
      expect(back.map(readNumber)).toEqual(frames.map(({ index }) => index));
      const decibels = back.map((frame, i) => peakSignalToNoise(frames[i]!, frame));
      expect(Math.min(...decibels)).toBeGreaterThan(28);
    });
  });

  it("keeps the times of the frames and accepts RGB", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "out.mp4");
      const times = [5, 5.1, 5.5, 5.52];
      const writer = await createVideoWriter(path, { width: 160, height: 120 });
      for (const [i, timestampSec] of times.entries()) {
        const { data, ...frame } = numberedFrame(i);
        const rgb = data.filter((_, at) => at % 4 !== 3);
        await writer.add({ ...frame, channels: 3, data: rgb, timestampSec });
      }
      await writer.commit();
      const back = await collect((await openVideo(path)).frames());
      expect(back.map(readNumber)).toEqual([0, 1, 2, 3]);
      back.forEach(({ timestampSec }, i) => {
        expect(timestampSec).toBeCloseTo(times[i]! - 5, 3);
      });
    });
  });

  it("leaves nothing behind when discarded, and refuses what exists", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "out.mp4");
      const writer = await createVideoWriter(path, { width: 160, height: 120 });
      await writer.add(numberedFrame(0));
      await writer.discard();
      expect(await readdir(folder)).toEqual([]);
      await writeFile(path, "precious");
      const options = { width: 160, height: 120 };
      await expect(createVideoWriter(path, options)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      expect(await readFile(path, "utf8")).toBe("precious");
      const forced = await createVideoWriter(path, { ...options, force: true });
      await forced.add(numberedFrame(7));
      expect(await readFile(path, "utf8")).toBe("precious");
      await forced.commit();
      expect((await collect((await openVideo(path)).frames())).map(readNumber)).toEqual([7]);
    });
  });

  it("reports a frame of another size", async () => {
    await withFolder(async (folder) => {
      const writer = await createVideoWriter(join(folder, "out.mp4"), { width: 160, height: 120 });
      await writer.add(numberedFrame(0));
      await writer.add(numberedFrame(1, 100, 100));
      await expect(writer.commit()).rejects.toMatchObject({ code: "VIDEO_ENCODE_FAILED" });
      await writer.discard();
      expect(await readdir(folder)).toEqual([]);
    });
  });
});

/** Over the pixels of `original`, decibels. */
function peakSignalToNoise(original: Frame, decoded: Frame): number {
  let squares = 0;
  for (let y = 0; y < original.height; y++) {
    for (let x = 0; x < original.width; x++) {
      const a = (y * original.width + x) * original.channels;
      const b = (y * decoded.width + x) * decoded.channels;
      for (let c = 0; c < 3; c++) squares += (original.data[a + c]! - decoded.data[b + c]!) ** 2;
    }
  }
  return 10 * Math.log10((255 * 255) / (squares / (original.width * original.height * 3)));
}
