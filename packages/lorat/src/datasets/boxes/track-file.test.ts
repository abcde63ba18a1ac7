import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Frame, TrackResult } from "@lorat/core";
import { expect, it } from "vitest";
import { withFolder } from "../../testing/clips.ts";
import { createTrackFile } from "./track-file.ts";

const frame = (index: number, timestampSec?: number): Frame => ({
  ...{ width: 1, height: 1, channels: 3, data: new Uint8Array(3), index, timestampSec },
});
const result = (x: number): TrackResult => ({
  box: { x, y: 2, width: 3, height: 4.125 },
  ...{ score: 0.25, state: "uncertain", raw: { box: [x, 2, x + 3, 6.125], score: 0.25 } },
});

async function written(name: string, indices: readonly number[], options = {}): Promise<string> {
  let text = "";
  await withFolder(async (folder) => {
    const path = join(folder, name);
    const file = await createTrackFile(path, options);
    for (const index of indices) await file.write(frame(index), result(index));
    await file.commit();
    text = await readFile(path, "utf8");
  });
  return text;
}

it("writes boxes, CSV or JSON, as the extension says", async () => {
  expect(await written("b.txt", [0, 1])).toBe("0,2,3,4.125\n1,2,3,4.125\n");
  expect(await written("b.csv", [0, 1], { fps: 25 })).toBe(
    "frame,time,x,y,width,height,score,state\n0,0,0,2,3,4.125,0.25,uncertain\n1,0.04,1,2,3,4.125,0.25,uncertain\n",
  );
  expect(await written("b.csv", [7])).toContain("\n7,,7,2,3,4.125,0.25,uncertain\n");
  const rows = JSON.parse(await written("b.json", [3, 4, 5], { fps: 10 })) as unknown[];
  expect(rows).toHaveLength(3);
  expect(rows[1]).toEqual({
    ...{ frame: 4, time: 0.4, x: 4, y: 2, width: 3, height: 4.125, score: 0.25, state: "uncertain" },
  });
  expect(JSON.parse(await written("b.JSON", [3]))).toMatchObject([{ frame: 3, time: null }]);
  expect(JSON.parse(await written("b.json", []))).toEqual([]);
});

it("takes a frame's own time first", async () => {
  await withFolder(async (folder) => {
    const file = await createTrackFile(join(folder, "b.csv"), { fps: 25 });
    await file.write(frame(1, 0.5), result(1));
    await file.commit();
    expect(await readFile(join(folder, "b.csv"), "utf8")).toContain("\n1,0.5,1,");
  });
});

it("holds the first frame first, though the last comes first", async () => {
  expect(await written("b.txt", [2, 1, 0], { backward: true })).toBe(
    "0,2,3,4.125\n1,2,3,4.125\n2,2,3,4.125\n",
  );
  expect((await written("b.csv", [2, 1], { backward: true })).split("\n").map((line) => line[0])).toEqual([
    "f",
    "1",
    "2",
    undefined,
  ]);
  expect(JSON.parse(await written("b.json", [2, 1, 0], { backward: true }))).toMatchObject([
    { frame: 0 },
    { frame: 1 },
    { frame: 2 },
  ]);
});
