import { describe, expect, it } from "vitest";
import { orderImages } from "./image-names.ts";

const refused = (names: readonly string[], options = {}) => {
  try {
    return orderImages("f", names, options).names;
  } catch (error) {
    return error as { code: string; message: string; issues: string[]; hint: string };
  }
};
const range = <T>(count: number, name: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => name(i));

describe("orderImages", () => {
  it.each([
    [
      "by number, not by letter, other files left out",
      ["10.jpg", "9.jpg", "11.JPEG", "8.jpg", ".7.jpg", "groundtruth.txt", "12.png"],
      ["8.jpg", "9.jpg", "10.jpg", "11.JPEG", "12.png"],
    ],
    [
      "any first number and any constant step",
      ["img_105.jpg", "img_100.jpg", "img_95.jpg"],
      ["img_95.jpg", "img_100.jpg", "img_105.jpg"],
    ],
    ["without numbers", ["b.jpg", "a.jpg"], ["a.jpg", "b.jpg"]],
    [
      "a number within",
      ["cam1_0002_left.png", "cam1_0001_left.png"],
      ["cam1_0001_left.png", "cam1_0002_left.png"],
    ],
    [
      "nanoseconds, which differ beyond 2^53",
      ["1403636579763555584.png", "1403636579763555583.png", "1403636579763555585.png"],
      ["1403636579763555583.png", "1403636579763555584.png", "1403636579763555585.png"],
    ],
    [
      "seconds with a fraction, not quite even",
      ["1305031102.175304.png", "1305031102.211214.png", "1305031102.243211.png", "1305031103.5.png"].slice(
        0,
        3,
      ),
      ["1305031102.175304.png", "1305031102.211214.png", "1305031102.243211.png"],
    ],
    [
      "dates over a full minute",
      ["2021-03-01_11-59-58.jpg", "2021-03-01_12-00-00.jpg", "2021-03-01_11-59-59.jpg"],
      ["2021-03-01_11-59-58.jpg", "2021-03-01_11-59-59.jpg", "2021-03-01_12-00-00.jpg"],
    ],
  ])("orders %s", (_, names, expected) => {
    expect(orderImages("f", names)).toEqual({ names: expected, strays: [] });
  });

  it("names what is missing or twice there", () => {
    expect(refused(["0001.jpg", "0002.jpg", "0003.jpg", "0006.jpg"])).toMatchObject({
      code: "IMAGES_FRAME_MISSING",
      issues: ["nothing between 0003.jpg and 0006.jpg"],
      message: "f: 2 frames are missing from the numbered images",
      hint: expect.stringContaining("--allow-gaps"),
    });
    expect(refused(["0001.jpg", "1.jpg", "2.jpg"])).toMatchObject({ code: "IMAGES_FRAME_TWICE" });
    const ns = range(
      9,
      (i) => `${1403636579763555584n + BigInt(i) * 50_000_000n + (i > 4 ? 100_000_000n : 0n)}.png`,
    );
    expect(refused(ns)).toMatchObject({ code: "IMAGES_FRAME_MISSING" });
  });

  it("leaves a stray picture out, and judges gaps without it", () => {
    const frames = range(6, (i) => `000${i + 1}.jpg`);
    expect(orderImages("f", ["cover.jpg", ...frames])).toEqual({ names: frames, strays: ["cover.jpg"] });
    expect(orderImages("f", ["0.preview1.png", ...frames]).names).toEqual(frames);
    const [, second, ...rest] = frames;
    expect(refused(["cover.jpg", frames[0]!, ...rest])).toMatchObject({
      code: "IMAGES_FRAME_MISSING",
      issues: [expect.not.stringContaining(second!)],
    });
  });

  it("does not mix left and right pictures", () => {
    const stereo = range(4, (i) => [`left_${i}.png`, `right_${i}.png`]).flat();
    expect(refused(stereo)).toMatchObject({
      code: "IMAGES_SEVERAL",
      issues: ["left_*.*: 4 pictures", "right_*.*: 4 pictures"],
    });
    expect(orderImages("f", stereo, { pattern: "left_*" }).names).toEqual(range(4, (i) => `left_${i}.png`));
    expect(orderImages("f", stereo, { pattern: "right_%04d.png" }).names).toHaveLength(4);
    expect(orderImages("f", stereo, { pattern: "left" }).names).toEqual([]);
  });

  it("takes frames as they follow where gaps are meant", () => {
    const thinned = ["0001.jpg", "0002.jpg", "0004.jpg", "0008.jpg"];
    expect(refused(thinned)).toMatchObject({ code: "IMAGES_FRAME_MISSING" });
    expect(orderImages("f", thinned, { allowGaps: true }).names).toEqual(thinned);
    expect(orderImages("f", ["cover.jpg", ...thinned], { allowGaps: true }).strays).toEqual(["cover.jpg"]);
  });
});
