import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Box, Frame, TrackResult } from "@lorat/core";
import { parseBoxes } from "@lorat/core/annotations";
import { LoratError } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { withFolder } from "../../testing/clips.ts";
import { createScoresFile, formatBox } from "./boxes-file.ts";
import { readBoxes } from "./read-boxes.ts";
import { createTrackFile } from "./track-file.ts";

const frame = { width: 1, height: 1, channels: 3, data: new Uint8Array(3) } as const;
const found = (box: Box): [Frame, TrackResult] => [
  frame,
  { box, score: 1, state: "tracked", raw: { box: [0, 0, 1, 1], score: 1 } },
];

describe("createTrackFile", () => {
  it("writes a line a frame and gives the name at the end", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "new", "boxes.txt");
      const file = await createTrackFile(path);
      file.write(...found({ x: 1, y: 2.5, width: 30.00001, height: 40.123456 }));
      file.write(...found({ x: 0, y: 1e-9, width: 1000, height: 100 }));
      expect((await readdir(join(folder, "new"))).some((name) => name === "boxes.txt")).toBe(false);
      // what was written is on its way at once, for a process that is killed
      const [partial] = await readdir(join(folder, "new"));
      expect(await readFile(join(folder, "new", partial!), "utf8")).toContain("0,0,1000,100\n");
      await file.commit();
      expect(await readdir(join(folder, "new"))).toEqual(["boxes.txt"]);
      expect(await readFile(path, "utf8")).toBe("1,2.5,30,40.1235\n0,0,1000,100\n");
      expect(await readBoxes(path)).toEqual([
        { x: 1, y: 2.5, width: 30, height: 40.1235 },
        { x: 0, y: 0, width: 1000, height: 100 },
      ]);
    });
  });

  it("leaves nothing when discarded, and refuses what is in the way", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "boxes.txt");
      const file = await createTrackFile(path);
      file.write(...found({ x: 1, y: 2, width: 3, height: 4 }));
      await file.discard();
      expect(await readdir(folder)).toEqual([]);

      const late = await createTrackFile(path);
      await writeFile(path, "mine");
      await expect(late.commit()).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      await late.discard();
      await expect(createTrackFile(path)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      const forced = await createTrackFile(path, { force: true });
      expect(await readFile(path, "utf8")).toBe("mine");
      await forced.commit();
      expect(await readFile(path, "utf8")).toBe("");

      await mkdir(join(folder, "deep"));
      await expect(createTrackFile(join(folder, "deep"))).rejects.toMatchObject({ code: "OUTPUT_IS_FOLDER" });
      await expect(createTrackFile(join(path, "below"))).rejects.toMatchObject({ code: "OUTPUT_UNWRITABLE" });
    });
  });

  it("writes scores with a heading", async () => {
    await withFolder(async (folder) => {
      const file = await createScoresFile(join(folder, "scores.csv"));
      file.write(7, 0.123456789, "tracked");
      file.write(8, 0, "lost");
      await file.commit();
      expect(await readFile(join(folder, "scores.csv"), "utf8")).toBe(
        "frame,score,state\n7,0.123457,tracked\n8,0,lost\n",
      );
    });
  });

  it("never writes exponents", () => {
    expect(formatBox({ x: 1e-7, y: -0.00001, width: 123456789, height: 0.5 })).toBe("0,0,123456789,0.5");
    expect(formatBox({ x: 10, y: 100, width: 2000, height: 30000 })).toBe("10,100,2000,30000");
  });
});

describe("parseBoxes", () => {
  const expected = [
    { x: 1, y: 2, width: 3, height: 4.5 },
    { x: -1, y: 0.25, width: 1000, height: 7 },
  ];

  it.each([
    ["commas", "1,2,3,4.5\n-1,.25,1000,7\n"],
    ["tabs", "1\t2\t3\t4.5\n-1\t0.25\t1e3\t7"],
    ["spaces", " 1 2  3 4.5 \n -1 0.25 1.0E+3 7\n\n\n"],
    ["semicolons", "1; 2; 3; 4.5\n-1; 0.25; 1000; 7;\n"],
    ["byte-order mark and CRLF", "\uFEFF1,2,3,4.5\r\n-1,0.25,1000.,7\r\n"],
    ["old Macintosh line ends", "1, 2, 3, 4.5\r-1, 0.25, 1000, 7\r"],
    ["a heading", "x,y,w,h\n1,2,3,4.5\n-1,0.25,1000,7"],
  ])("reads %s", (_, text) => {
    expect(parseBoxes(text)).toEqual(expected);
  });

  it("takes polygons as their bounding box and keeps NaN lines in place", () => {
    expect(parseBoxes("10,20,30,22,28,50,8,48\nNaN,NaN,NaN,NaN\n0,0,0,0")).toEqual([
      { x: 8, y: 20, width: 22, height: 30 },
      { x: Number.NaN, y: Number.NaN, width: Number.NaN, height: Number.NaN },
      { x: 0, y: 0, width: 0, height: 0 },
    ]);
    expect(parseBoxes("")).toEqual([]);
  });

  it("names every bad line", () => {
    const error = (() => {
      try {
        return parseBoxes("1,2,3,4\n1,2,3\n\n1,2,x,4\n5,6,7,8", "gt.txt");
      } catch (thrown) {
        return thrown as LoratError;
      }
    })();
    expect(error).toBeInstanceOf(LoratError);
    expect(error).toMatchObject({
      code: "BOXES_MALFORMED",
      message: "gt.txt is not a list of boxes",
      issues: [
        'line 2: expected 4 or 8 numbers, found "1,2,3"',
        'line 3: expected 4 or 8 numbers, found ""',
        'line 4: expected 4 or 8 numbers, found "1,2,x,4"',
      ],
    });
  });
});
