import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import {
  collect,
  collectUntilError,
  encodeImage,
  readNumber,
  withFolder,
  writeImages,
} from "../testing/clips.ts";
import { openFrames } from "./open-frames.ts";

describe("openImageFolder", () => {
  it.each(["jpg", "png"])("delivers every frame in order: %s", async (extension) => {
    await withFolder(async (folder) => {
      await writeImages(folder, 12, extension);
      const source = await openFrames(folder);
      expect(source).toMatchObject({
        kind: "images",
        width: 160,
        height: 120,
        frameCount: 12,
        fps: undefined,
      });
      const frames = await collect(source.frames());
      expect(frames.map(readNumber)).toEqual(Array.from({ length: 12 }, (_, i) => i));
      expect(frames.map(({ index }) => index)).toEqual(Array.from({ length: 12 }, (_, i) => i));
      expect((await collect(source.frames({ start: 4, end: 7 }))).map(readNumber)).toEqual([4, 5, 6]);
      await expect(collect(source.frames({ start: 12 }))).rejects.toMatchObject({ code: "FRAME_RANGE" });
    });
  });

  it("gives RGB for grey, 16-bit, transparent and EXIF-turned pictures, as stored", async () => {
    await withFolder(async (folder) => {
      const grey = sharp(Buffer.alloc(160 * 120, 77), { raw: { width: 160, height: 120, channels: 1 } });
      await grey.clone().toColourspace("b-w").png().toFile(join(folder, "1.png"));
      const deep = sharp(new Uint16Array(160 * 120 * 3).fill(0x8080), {
        raw: { width: 160, height: 120, channels: 3 },
      });
      await deep.toColourspace("rgb16").png().toFile(join(folder, "2.png"));
      const clear = sharp({
        create: { width: 160, height: 120, channels: 4, background: { r: 9, g: 99, b: 199, alpha: 0.5 } },
      });
      await clear.png().toFile(join(folder, "3.png"));
      const turned = sharp(await encodeImage(5)).withMetadata({ orientation: 6 });
      await writeFile(join(folder, "4.png"), await turned.png().toBuffer());
      const frames = await collect((await openFrames(folder)).frames());
      const pixels = frames.map(({ data }) => [...data.subarray(300, 303)]);
      expect(pixels.slice(0, 3)).toEqual([
        [77, 77, 77],
        [128, 128, 128],
        [9, 99, 199],
      ]);
      expect(readNumber(frames[3]!)).toBe(5);
      for (const { width, height, channels, data } of frames) {
        expect([width, height, channels, data.length]).toEqual([160, 120, 3, 160 * 120 * 3]);
      }
    });
  });

  it("stops at a damaged picture, with its name, after everything before it", async () => {
    await withFolder(async (folder) => {
      const names = await writeImages(folder, 10);
      const path = join(folder, names[6]!);
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.length >> 1));
      const { values, error } = await collectUntilError((await openFrames(folder)).frames());
      expect(values.map(readNumber)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(error).toMatchObject({ code: "IMAGE_DECODE_FAILED" });
      expect((error as Error).message).toContain(`${path}: frame 6 cannot be decoded`);
    });
  });

  it("stops where the size changes", async () => {
    await withFolder(async (folder) => {
      const names = await writeImages(folder, 6);
      await sharp(await encodeImage(3))
        .resize(100, 80)
        .toFile(join(folder, "x.jpg"));
      await writeFile(join(folder, names[3]!), await readFile(join(folder, "x.jpg")));
      await rm(join(folder, "x.jpg"));
      const { values, error } = await collectUntilError((await openFrames(folder)).frames());
      expect(values).toHaveLength(3);
      expect(error).toMatchObject({ code: "IMAGE_SIZE_CHANGED" });
      expect((error as Error).message).toContain("100x80");
    });
  });

  it("refuses a folder that is no sequence", async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, "img"));
      await expect(openFrames(folder)).rejects.toMatchObject({
        code: "IMAGES_NONE",
        hint: `Did you mean ${join(folder, "img")}?`,
      });
      const names = await writeImages(folder, 5);
      await rm(join(folder, names[2]!));
      await expect(openFrames(folder)).rejects.toMatchObject({ code: "IMAGES_FRAME_MISSING" });
      await writeFile(join(folder, names[2]!), "this is not a picture");
      await writeFile(join(folder, names[0]!), "");
      await expect(openFrames(folder)).rejects.toMatchObject({ code: "IMAGE_DECODE_FAILED" });
    });
  });
});
