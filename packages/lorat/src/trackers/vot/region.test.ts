import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatRegion, parseRegion, regionBox, reportedBox } from "./region.ts";

describe("regions", () => {
  it("reads every form", () => {
    expect(parseRegion("1.5,2,30,40.25")).toEqual({
      kind: "rectangle",
      box: { x: 1.5, y: 2, width: 30, height: 40.25 },
    });
    expect(parseRegion("rect:1,2,3,4")).toMatchObject({ kind: "rectangle" });
    expect(parseRegion("0,0,10,0,10,5").kind).toBe("polygon");
    expect(parseRegion("poly:0,0,10,0,10,5").kind).toBe("polygon");
    const mask = { kind: "mask", x: 10, y: 20, width: 3, height: 2, runs: [1, 2, 1, 2] };
    expect(parseRegion("mask:10,20,3,2,1,2,1,2")).toEqual(mask);
    expect(parseRegion("m10,20,3,2,1,2,1,2")).toEqual(mask);
    expect(parseRegion("0")).toEqual({ kind: "special", code: 0 });
    expect(parseRegion("special:2")).toEqual({ kind: "special", code: 2 });
    expect(parseRegion("nan,nan,nan,nan")).toEqual({ kind: "special", code: 0 });
  });

  it("refuses what is none", () => {
    for (const text of [
      "",
      "a",
      "1,2",
      "1,2,3",
      "1,2,3,4,5",
      "1,,3,4",
      "rect:1,2,3",
      "box:1,2,3,4",
      "m1,2,3",
      "m0,0,2,2,3,2",
      "m0,0,2,2,-1,2",
      "1,2,inf,4",
    ]) {
      expect(() => parseRegion(text), text).toThrow(expect.objectContaining({ code: "REGION_MALFORMED" }));
    }
  });

  it("bounds polygons by their points and masks by whole pixels", () => {
    expect(regionBox(parseRegion("5,1,9,4,3,8"))).toEqual({ x: 3, y: 1, width: 6, height: 7 });
    // One row of a 4 x 3 mask: pixels 1 and 2 of its second row.
    expect(regionBox(parseRegion("m10,20,4,3,5,2"))).toEqual({ x: 11, y: 21, width: 2, height: 1 });
    expect(regionBox(parseRegion("m10,20,4,3,0,12"))).toEqual({ x: 10, y: 20, width: 4, height: 3 });
    expect(regionBox(parseRegion("m10,20,4,3,12"))).toBeUndefined();
    expect(regionBox(parseRegion("m0,0,0,0,0"))).toBeUndefined();
    expect(regionBox(parseRegion("1"))).toBeUndefined();
  });

  it("bounds any mask as its pixels do", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.boolean(), { minLength: 49, maxLength: 49 }),
        (width, height, bits) => {
          const pixels = bits.slice(0, width * height);
          const runs: number[] = [];
          let value = false;
          let count = 0;
          for (const pixel of pixels) {
            if (pixel === value) count++;
            else {
              runs.push(count);
              value = pixel;
              count = 1;
            }
          }
          runs.push(count);
          const xs = pixels.flatMap((pixel, i) => (pixel ? [i % width] : []));
          const ys = pixels.flatMap((pixel, i) => (pixel ? [Math.floor(i / width)] : []));
          const expected =
            xs.length === 0
              ? undefined
              : {
                  x: 3 + Math.min(...xs),
                  y: 5 + Math.min(...ys),
                  width: Math.max(...xs) - Math.min(...xs) + 1,
                  height: Math.max(...ys) - Math.min(...ys) + 1,
                };
          const region = { kind: "mask", x: 3, y: 5, width, height, runs } as const;
          expect(regionBox(region)).toEqual(expected);
          expect(parseRegion(formatRegion(region))).toEqual(region);
        },
      ),
    );
  });

  it("reports whole pixels that hold the box", () => {
    expect(reportedBox([10.9, 20.1, 30, 40.5])).toEqual({ x: 10, y: 20, width: 20, height: 21 });
    // A ten-thousandth of a pixel more is not worth a pixel.
    expect(reportedBox([0, 0, 5.00005, 5.001])).toEqual({ x: 0, y: 0, width: 5, height: 6 });
    expect(formatRegion({ kind: "rectangle", box: { x: 1, y: 2, width: 3, height: 4 } })).toBe(
      "1.0000,2.0000,3.0000,4.0000",
    );
  });
});
