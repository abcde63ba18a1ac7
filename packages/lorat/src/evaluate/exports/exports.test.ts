import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { withFolder } from "../../testing/clips.ts";
import { fixed } from "./box-text.ts";
import { exportArchives, frameCsv, writeArchives } from "./index.ts";

describe("fixed", () => {
  it("writes as C's printf does", () => {
    // Texts as printf gives them.
    const cases: [number, number, string][] = [
      [0.0625, 3, "0.062"],
      [0.1875, 3, "0.188"],
      [-0.0625, 3, "-0.062"],
      [0.5, 0, "0"],
      [1.5, 0, "2"],
      [2.5, 0, "2"],
      [2.675, 2, "2.67"],
      [1.005, 2, "1.00"],
      [12.00005, 4, "12.0000"],
      [-0.0001, 3, "-0.000"],
      [-0, 2, "-0.00"],
      [Number.NaN, 2, "nan"],
      [Number.NEGATIVE_INFINITY, 2, "-inf"],
      [99.99975, 3, "100.000"],
    ];
    for (const [value, digits, text] of cases) expect(fixed(value, digits)).toBe(text);
  });
});

describe("writeArchives", () => {
  it("writes zip files that hold what they should, the same bytes each time, and replaces none", () =>
    withFolder(async (folder) => {
      const runs = [[{ name: "a-1", corners: Float64Array.of(0.5, 0, 2, 3) }]];
      const archives = exportArchives("lasot", { tracker: "x/y", kind: "lasot", runs });
      const [path] = await writeArchives(archives, folder);
      const bytes = await readFile(path!);
      expect(path).toBe(join(folder, "tracking_results.zip"));
      expect(Object.entries(unzipSync(bytes)).map(([name, text]) => [name, strFromU8(text)])).toEqual([
        ["x-y_tracking_result/a-1.txt", "1.500\t1.000\t1.500\t3.000\n"],
      ]);
      await expect(writeArchives(archives, folder)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      await writeArchives(archives, folder, { force: true });
      expect(await readFile(path!)).toEqual(bytes);
    }));
});

describe("frameCsv", () => {
  it("has a line for each frame under its heading", () => {
    const boxes = Float64Array.of(1, 2, 3, 4, Number.NaN, 0, 0, 0);
    const csv = frameCsv({
      predicted: boxes,
      truth: boxes,
      visible: Uint8Array.of(1, 0),
      overlaps: Float64Array.of(1, -1),
      confidence: Float64Array.of(0.5, 0.25),
    });
    expect(csv.split("\n")).toEqual([
      "ind,gt_obj_exist,pred_conf,pred_x,pred_y,pred_w,pred_h,gt_x,gt_y,gt_w,gt_h,iou",
      "0,1,0.500,1.000,2.000,3.000,4.000,1.000,2.000,3.000,4.000,1.000",
      "1,0,0.250,nan,0.000,0.000,0.000,nan,0.000,0.000,0.000,-1.000",
      "",
    ]);
  });
});
