import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameName, frameNumber, framesOf, sliceFrames } from "./frame-names.ts";

const all = (frames: ReturnType<typeof framesOf>) =>
  Array.from({ length: frames.count }, (_, i) => frameName(frames, i));

describe("framesOf", () => {
  it.each([
    ["padded", ["00000001.jpg", "00000002.jpg", "00000003.jpg"], "pattern"],
    ["unpadded", ["8.jpg", "9.jpg", "10.jpg", "11.jpg"], "pattern"],
    ["from 0", ["0.jpg", "1.jpg"], "pattern"],
    ["with a prefix and a suffix", ["cam2_0099_left.png", "cam2_0100_left.png"], "pattern"],
    ["a single one", ["000000391895.jpg"], "pattern"],
    ["growing past the padding", ["098.jpg", "099.jpg", "100.jpg"], "pattern"],
    ["with a gap", ["1.jpg", "3.jpg"], "list"],
    ["of two kinds", ["1.jpg", "2.png"], "list"],
    ["without a number", ["first.jpg", "second.jpg"], "list"],
    ["with more digits than a number holds", ["12345678901234567890.jpg"], "list"],
    ["none", [], "list"],
  ])("%s", (_, names, kind) => {
    const frames = framesOf(names);
    expect(frames.kind).toBe(kind);
    expect(all(frames)).toEqual(names);
  });

  it("gives back any names, and any stretch of them", () => {
    const name = fc.oneof(
      fc.nat(2000).map((n) => `${n}.jpg`),
      fc.nat(2000).map((n) => `f${String(n).padStart(4, "0")}.png`),
      fc.string(),
    );
    const run = fc
      .tuple(fc.nat(1200), fc.nat(30), fc.nat(5))
      .map(([start, count, digits]) =>
        Array.from({ length: count }, (_, i) => `a${String(start + i).padStart(digits, "0")}.jpg`),
      );
    fc.assert(
      fc.property(fc.oneof(run, fc.array(name)), fc.nat(40), fc.nat(40), (names, a, b) => {
        const frames = framesOf(names);
        expect(all(frames)).toEqual(names);
        const [begin, end] = [Math.min(a, b, names.length), Math.min(Math.max(a, b), names.length)];
        expect(all(sliceFrames(frames, begin, end))).toEqual(names.slice(begin, end));
      }),
    );
  });
});

describe("frameNumber", () => {
  it.each([
    ["0247.jpg", 247],
    ["cam2_0099_left.png", 99],
    ["img.jpg", undefined],
    ["clip.mp4", undefined],
  ])("of %s", (name, number) => expect(frameNumber(name)).toBe(number));
});
