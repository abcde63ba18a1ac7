import { join } from "node:path";
import type { Frame } from "@lorat/core";
import sharp from "sharp";
import { expect, it } from "vitest";
import { withFolder } from "../testing/clips.ts";
import { drawGrid, gridStep, writePreview } from "./preview.ts";

const grey = (width: number, height: number): Frame => ({
  ...{ width, height, channels: 3 },
  data: new Uint8Array(width * height * 3).fill(128),
});

it("has lines at round numbers, at most sixteen along a side", () => {
  expect([100, 160, 161, 640, 1280, 3840].map((width) => gridStep({ width, height: 90 }))).toEqual([
    10, 10, 20, 50, 100, 500,
  ]);
});

it("draws lines where they say that they are, and leaves the rest", () => {
  const frame = grey(320, 240);
  drawGrid(frame);
  const at = (x: number, y: number) => frame.data[(y * 320 + x) * 3];
  const column = (x: number) => Array.from({ length: 200 }, (_, y) => at(x, y + 30));
  expect(column(100).filter((value) => value !== 128)).toHaveLength(200);
  expect(column(110).filter((value) => value !== 128)).toHaveLength(10);
});

it("writes a picture of the frame's size, and leaves the frame alone", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "grid.png");
    const frame = grey(320, 240);
    await writePreview(path, frame, [{ x: 50, y: 60, width: 40, height: 30 }], {});
    expect(await sharp(path).metadata()).toMatchObject({ width: 320, height: 240, format: "png" });
    expect(frame.data.every((value) => value === 128)).toBe(true);
    await expect(writePreview(path, frame, [], {})).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    await expect(writePreview(join(folder, "grid.doc"), frame, [], {})).rejects.toMatchObject({
      code: "OUTPUT_FORMAT",
    });
  });
});
