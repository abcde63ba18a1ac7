import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imageMean } from "@lorat/core/geometry";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FrameStore, sharePictures } from "./frame-store.ts";

let folder: string;
let files: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-store-"));
  files = ["wide.png", "grey.png", "clear.png"].map((name) => join(folder, name));
  const solid = (
    width: number,
    height: number,
    background: { r: number; g: number; b: number; alpha?: number },
  ) =>
    sharp({ create: { width, height, channels: background.alpha === undefined ? 3 : 4, background } }).png();
  await solid(800, 400, { r: 200, g: 100, b: 50 }).toFile(files[0]!);
  await solid(60, 40, { r: 90, g: 90, b: 90 }).greyscale().toFile(files[1]!);
  await solid(30, 50, { r: 10, g: 20, b: 30, alpha: 0.5 }).toFile(files[2]!);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("decodes to RGB or RGBA, shrinks what is large and says by how much", async () => {
  const store = new FrameStore(sharePictures(files, 1e7, 400));
  const [wide, grey, clear] = await Promise.all([0, 1, 2].map((file) => store.get(file)));
  expect(wide).toMatchObject({ width: 400, height: 200, channels: 3, scaleX: 0.5, scaleY: 0.5 });
  expect(wide!.mean).toEqual([200, 100, 50]);
  expect(grey).toMatchObject({ width: 60, height: 40, channels: 3, scaleX: 1, scaleY: 1 });
  expect(clear).toMatchObject({ width: 30, height: 50, channels: 4 });
  expect(clear!.data[3]).toBe(128);
});

it("decodes a file once for all stores that share the memory", async () => {
  const shared = sharePictures(files, 1e7, 400);
  const first = new FrameStore(shared);
  const second = new FrameStore(shared);
  const picture = await first.get(0);
  const again = second.get(0);
  expect(again, "at hand, so not a promise").not.toBeInstanceOf(Promise);
  expect((await again).data.buffer, "the same memory").toBe(picture.data.buffer);
  await Promise.all([first.get(1), first.get(1)]);
  expect([first.decoded, second.decoded]).toEqual([2, 0]);
});

it("goes on decoding when the memory is used up", async () => {
  const store = new FrameStore(sharePictures(files, 60 * 40 * 3, 400));
  for (let round = 0; round < 2; round++) {
    for (const file of [0, 1])
      expect(imageMean(await store.get(file)!)).toEqual((await store.get(file)).mean);
  }
  expect(store.decoded, "the small file once, the large one every time").toBe(1 + 4);
});
