import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { compress } from "./compression.ts";
import { demoClip } from "./demo/demo-clip.ts";
import { DIFFICULTIES } from "./difficulty.ts";
import { boxBlur } from "./effects.ts";
import { type SynthClip, synthesise } from "./synthesise.ts";

const SMALL = { width: 160, height: 96, frames: 40 };

const digest = (clip: SynthClip, index: number) => {
  const { frame, ...truth } = clip.render(index);
  return { ...truth, pixels: createHash("sha256").update(frame.data).digest("hex") };
};

describe("synthesise", () => {
  it("gives the same clip for the same seed, whichever frame is asked for first", () => {
    const options = { ...SMALL, difficulty: "distractors" } as const;
    const one = synthesise(5, options);
    const two = synthesise(5, options);
    const backwards = [9, 4, 0].map((index) => digest(two, index)).reverse();
    expect([0, 4, 9].map((index) => digest(one, index))).toEqual(backwards);
    expect(digest(synthesise(6, options), 4)).not.toEqual(digest(one, 4));
  });

  it.each(DIFFICULTIES)(
    "%s: boxes lie in the picture and are there exactly where something can be seen",
    (difficulty) => {
      for (const seed of [1, 2, 3]) {
        const clip = synthesise(seed, { ...SMALL, difficulty });
        const truth = Array.from(clip, ({ box, visibility }) => ({ box, visibility }));
        expect(truth).toHaveLength(SMALL.frames);
        expect(truth[0]!.visibility, "the start is in full view").toBeGreaterThan(0.9);
        for (const { box, visibility } of truth) {
          expect(visibility).toBeGreaterThanOrEqual(0);
          expect(visibility).toBeLessThanOrEqual(1);
          if (!box) {
            expect(visibility).toBeLessThan(0.02);
            continue;
          }
          expect(box.width).toBeGreaterThan(0);
          expect(box.height).toBeGreaterThan(0);
          expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(0);
          expect(box.x + box.width).toBeLessThanOrEqual(SMALL.width + 1e-6);
          expect(box.y + box.height).toBeLessThanOrEqual(SMALL.height + 1e-6);
        }
        const least = Math.min(...truth.map(({ visibility }) => visibility));
        if (difficulty === "occlusion") expect(least, "something comes in front").toBeLessThan(0.5);
        if (difficulty === "out-of-view") {
          expect(
            truth.some(({ box }) => box === null),
            "it leaves",
          ).toBe(true);
          expect(truth.at(-1)!.box, "it comes back").not.toBeNull();
        }
      }
    },
  );

  it("is darker in low light", () => {
    const mean = (difficulty: "plain" | "low-light") => {
      let sum = 0;
      for (const seed of [1, 2, 3, 4]) {
        const { data } = synthesise(seed, { ...SMALL, difficulty }).render(0).frame;
        for (const value of data) sum += value / data.length / 4;
      }
      return sum;
    };
    expect(mean("low-light")).toBeLessThan(mean("plain") * 0.6);
  });

  it("says what is wrong with its options", () => {
    expect(() => synthesise(1, { width: 10 })).toThrow(/width must be a whole number of at least 64, got 10/);
    expect(() => synthesise(1, { frames: 0 })).toThrow(/frames/);
    expect(() => synthesise(1, { difficulty: "easy" as "plain" })).toThrow(/one of plain, occlusion/);
    expect(() => synthesise(1, SMALL).render(SMALL.frames)).toThrow(/no frame 40 in a clip of 40/);
  });
});

describe("the bundled clip", () => {
  it("starts in full view and is never hidden for good", () => {
    const clip = demoClip();
    expect(clip.render(0).visibility).toBeGreaterThan(0.95);
    for (let index = 0; index < clip.length; index += 3)
      expect(clip.render(index).visibility).toBeGreaterThan(0.3);
  });
});

describe("effects", () => {
  const noisy = () => ({
    ...SMALL,
    data: synthesise(3, SMALL).render(0).frame.data.slice() as Uint8ClampedArray,
  });
  const mean = ({ data }: { data: Uint8ClampedArray }) => data.reduce((a, b) => a + b, 0) / data.length;

  it("compression keeps the picture and loses more the coarser it is", () => {
    const error = (step: number) => {
      const pixels = noisy();
      compress(pixels, step);
      const original = noisy().data;
      return Math.sqrt(
        pixels.data.reduce((sum, value, i) => sum + (value - original[i]!) ** 2, 0) / original.length,
      );
    };
    expect(error(2)).toBeLessThan(12);
    expect(error(30)).toBeGreaterThan(error(4));
    expect(error(30)).toBeLessThan(40);
    const flat = { width: 16, height: 16, data: new Uint8ClampedArray(16 * 16 * 3).fill(120) };
    compress(flat, 4);
    for (const value of flat.data) expect(Math.abs(value - 120)).toBeLessThanOrEqual(2);
  });

  it("a box blur keeps the mean and flattens the rest", () => {
    const pixels = noisy();
    const before = mean(pixels);
    boxBlur(pixels, 3, 2);
    expect(Math.abs(mean(pixels) - before)).toBeLessThan(1.5);
    const flat = { width: 9, height: 7, data: new Uint8ClampedArray(9 * 7 * 3).fill(77) };
    boxBlur(flat, 20, 20);
    expect(new Set(flat.data)).toEqual(new Set([77]));
  });
});
