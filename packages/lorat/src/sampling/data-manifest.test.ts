import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MadeUpData, makeUpData } from "../testing/training-data.ts";
import { scanData } from "./data-manifest.ts";

let data: MadeUpData;
beforeAll(async () => {
  data = await makeUpData();
});
afterAll(() => data?.remove());

describe("scanData", () => {
  it("lists photographs, boxes of both formats, clips with absent frames, and cut-outs", async () => {
    const { files, photos, boxed, clips, cutouts } = await scanData(data.roots);
    const names = (numbers: readonly number[]) => numbers.map((number) => basename(files[number]!));
    expect(names(photos)).toEqual(["0.jpg", "1.jpg", "2.jpg"]);
    expect(names(cutouts)).toEqual(["0.webp", "1.webp", "2.webp"]);
    expect(names(boxed.map(({ file }) => file))).toEqual(["0.jpg", "1.jpg", "3.jpg", "4.jpg"]);
    expect(boxed[0]!.boxes).toEqual([[20, 30, 80, 80]]);
    expect(boxed[2]!.boxes, "without the crowd").toEqual([[10, 10, 90, 70]]);
    expect(clips.map(({ name, boxes, files: frames }) => [name, boxes.length, frames.length])).toEqual([
      ["clip_0", 12, 12],
      ["clip_1", 12, 12],
    ]);
    expect(clips[0]!.boxes.every((box) => box !== null)).toBe(true);
    expect(clips[1]!.boxes.some((box) => box === null)).toBe(true);
    expect(new Set(files).size, "a file that is photo and boxed photo is listed once").toBe(files.length);
  });

  it("leaves out what is excluded", async () => {
    const { clips, photos } = await scanData({ ...data.roots, exclude: ["clip_1", join("photos", "2")] });
    expect(clips.map(({ name }) => name)).toEqual(["clip_0"]);
    expect(photos).toHaveLength(2);
  });

  it("takes the frames' positions in their source from index.json", async () => {
    const times = Array.from({ length: 12 }, (_, i) => i * 5);
    await writeFile(
      join(data.folder, "clips", "index.json"),
      JSON.stringify([{ video: "clip_0", src_frames: times }]),
    );
    const { clips } = await scanData({ clips: data.roots.clips });
    expect(clips[0]!.times).toEqual(times);
    expect(clips[1]!.times).toEqual(times.map((_, i) => i));
  });

  it("says which box file it cannot read", async () => {
    const path = join(data.folder, "broken.jsonl");
    await writeFile(path, "{");
    await expect(scanData({ boxes: [path] })).rejects.toMatchObject({
      code: "DATA_BOXES",
      message: /broken\.jsonl/,
    });
    await expect(scanData({ boxes: ["/nowhere/boxes.jsonl"] })).rejects.toMatchObject({ code: "DATA_BOXES" });
  });
});
