import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Corners } from "../geometry/box.ts";
import { noise as picture, tinyModel } from "../testing/tiny-model.ts";
import { dampedSize, type LoopSettings, referenceLoop, votedBox } from "./loop.ts";
import { createTracker } from "./tracker.ts";

const start = { x: 40, y: 30, width: 12, height: 9 };

/** Raw boxes of four frames, by a model's own loop and what is asked for over it. */
async function rawBoxes(own?: LoopSettings, asked?: LoopSettings) {
  const model = { ...tinyModel(), loop: own };
  const tracker = await createTracker(model, { device: "cpu", threads: 1, loop: asked });
  const target = await tracker.start(picture(1), start);
  const boxes = [];
  for (let i = 2; i < 6; i++) boxes.push((await target.track(picture(i))).raw.box);
  await tracker.dispose();
  return boxes;
}

describe("a model's own loop", () => {
  it("is the reference's without settings, and referenceLoop gives that to any model", async () => {
    const reference = await rawBoxes();
    expect(await rawBoxes({ boxVoting: true, sizeGain: 0.1 }, referenceLoop)).toEqual(reference);
    expect(await rawBoxes({ boxVoting: false, sizeGain: 1 })).toEqual(reference);
    expect(await rawBoxes({ sizeGain: 0.5 })).not.toEqual(reference);
  });

  it("takes over a share of the change of size", async () => {
    const [[x1, y1, x2, y2]] = (await rawBoxes()) as [[number, number, number, number]];
    const [damped] = await rawBoxes({ sizeGain: 0.1 });
    const expected = { width: 12 * ((x2 - x1) / 12) ** 0.1, height: 9 * ((y2 - y1) / 9) ** 0.1 };
    expect(damped![2] - damped![0]).toBeCloseTo(expected.width, 3);
    expect(damped![3] - damped![1]).toBeCloseTo(expected.height, 3);
  });
});

describe("votedBox", () => {
  it("averages boxes that overlap the chosen one by the cubes of their scores", () => {
    const boxes = Float32Array.from([0, 0, 4, 4, 1, 0, 5, 4, 10, 10, 14, 14]);
    const scores = [1, 0.5, 1];
    const [x1, y1, x2, y2] = votedBox(boxes, 0, (cell) => scores[cell]!);
    expect([x1, y1, x2, y2]).toEqual([0.125 / 1.125, 0, (4 + 0.125 * 5) / 1.125, 4]);
  });

  it("keeps the chosen box when none votes: empty, broken or without score", () => {
    const broken = Float32Array.from([Number.NaN, 0, 4, 4, 1, 0, 5, 4]);
    expect(votedBox(broken, 0, () => 1)).toEqual([Number.NaN, 0, 4, 4]);
    expect(votedBox(Float32Array.from([3, 3, 3, 3]), 0, () => 1)).toEqual([3, 3, 3, 3]);
    expect(votedBox(Float32Array.from([0, 0, 4, 4]), 0, () => 0)).toEqual([0, 0, 4, 4]);
  });

  it("stays within the hull of the boxes and reads the sample that it is told", () => {
    const box = fc
      .tuple(fc.float({ min: 0, max: 5, noNaN: true }), fc.float({ min: 1, max: 5, noNaN: true }))
      .map(([at, size]) => [at, at, at + size, at + size]);
    fc.assert(
      fc.property(fc.array(box, { minLength: 2, maxLength: 9 }), fc.nat(), (list, pick) => {
        const boxes = Float32Array.from([9, 9, 9, 9, ...list.flat()]);
        const voted = votedBox(boxes.subarray(4), pick % list.length, (cell) => (cell + 1) / 10);
        const corner = (i: number) => list.map((one) => Math.fround(one[i]!));
        voted.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(Math.min(...corner(i)) - 1e-5);
          expect(value).toBeLessThanOrEqual(Math.max(...corner(i)) + 1e-5);
        });
      }),
    );
  });
});

const box = fc
  .tuple(
    fc.double({ min: -50, max: 50, noNaN: true }),
    fc.double({ min: -50, max: 50, noNaN: true }),
    fc.double({ min: 1, max: 90, noNaN: true }),
    fc.double({ min: 1, max: 90, noNaN: true }),
  )
  .map(([x, y, width, height]): Corners => [x, y, x + width, y + height]);

describe("dampedSize", () => {
  it("moves with the prediction and takes over a share of its change of size", () => {
    const damped = dampedSize([0, 0, 10, 20], [100, 100, 140, 120], 0.5);
    expect(damped.map((value) => Math.round(value * 1e6) / 1e6)).toEqual([110, 100, 130, 120]);
  });

  it("is the prediction at a gain of 1, or where a box has no area", () => {
    fc.assert(fc.property(box, box, (a, b) => dampedSize(a, b, 1) === b));
    const inverted: Corners = [5, 5, 4, 9];
    expect(dampedSize([0, 0, 1, 1], inverted, 0.1)).toBe(inverted);
  });

  it("keeps the predicted centre, and lies between both sizes", () => {
    fc.assert(
      fc.property(box, box, fc.double({ min: 0.01, max: 1, noNaN: true }), (a, b, gain) => {
        const damped = dampedSize(a, b, gain);
        for (const axis of [0, 1] as const) {
          expect(damped[axis] + damped[axis + 2]!).toBeCloseTo(b[axis] + b[axis + 2]!, 6);
          const sides = [a[axis + 2]! - a[axis], b[axis + 2]! - b[axis]].sort((p, q) => p - q);
          const side = damped[axis + 2]! - damped[axis];
          expect(side).toBeGreaterThanOrEqual(sides[0]! - 1e-6);
          expect(side).toBeLessThanOrEqual(sides[1]! + 1e-6);
        }
      }),
    );
  });
});
