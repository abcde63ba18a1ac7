import { describe, expect, it } from "vitest";
import { parseGroundTruth } from "./annotations.ts";

describe("parseGroundTruth", () => {
  it("reads commas, tabs and spaces, and takes NaN and empty boxes for absent targets", () => {
    const text =
      "1,2,3,4\r\n5\t6\t7\t8\n 9 10 11.5 12 \nNaN,NaN,NaN,NaN\nnan,nan,nan,nan\n0,0,0,0\n1,1,-5,5\n\n";
    const rows = parseGroundTruth(text, "file");
    expect(rows).toEqual([[1, 2, 4, 6], [5, 6, 12, 14], [9, 10, 20.5, 22], null, null, null, null]);
  });

  it.each(["1,2,3", "1,2,3,4,5", "1,2,three,4", "1,2,,4"])("names the line of %j", (row) => {
    const text = `1,2,3,4\n${row}\n1,2,3,4`;
    const expected = { code: "BOXES_MALFORMED", issues: [expect.stringMatching(/^line 2: expected 4 or 8/)] };
    expect(() => parseGroundTruth(text, "clip/groundtruth.txt")).toThrow(expect.objectContaining(expected));
    expect(() => parseGroundTruth(text, "clip/groundtruth.txt")).toThrow("clip/groundtruth.txt");
  });
});
