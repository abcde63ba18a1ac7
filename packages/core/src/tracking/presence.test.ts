import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Corners } from "../geometry/box.ts";
import type { Frame } from "../geometry/frame.ts";
import { colourHistogram, likeness, PresenceModel } from "./presence.ts";

/** Left half red, right half blue. */
const frame: Frame = {
  width: 80,
  height: 40,
  channels: 3,
  data: Uint8Array.from({ length: 80 * 40 * 3 }, (_, i) => {
    const red = Math.floor(i / 3) % 80 < 40;
    return i % 3 === (red ? 0 : 2) ? 255 : 0;
  }),
};
const red: Corners = [5, 5, 25, 25];
const blue: Corners = [50, 5, 70, 25];

describe("colours of a box", () => {
  it("are a distribution, whatever the box", () => {
    const side = fc.double({ min: -100, max: 200 });
    fc.assert(
      fc.property(side, side, side, side, (x1, y1, x2, y2) => {
        const sum = colourHistogram(frame, [x1, y1, x2, y2]).reduce((a, b) => a + b, 0);
        expect(Math.abs(sum - 1) < 1e-5 || sum === 0).toBe(true);
      }),
    );
  });

  it("are alike in the same surface, apart in others, and half so on their border", () => {
    const at = (box: Corners) => colourHistogram(frame, box);
    expect(likeness(at(red), at([10, 10, 30, 20]))).toBeCloseTo(1, 6);
    expect(likeness(at(red), at(blue))).toBe(0);
    expect(likeness(at(red), at([30, 5, 50, 25]))).toBeCloseTo(Math.SQRT1_2, 6);
  });

  it("do not depend on an alpha channel", () => {
    const data = Uint8Array.from({ length: 80 * 40 * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : frame.data[Math.floor(i / 4) * 3 + (i % 4)]!,
    );
    expect(colourHistogram({ ...frame, channels: 4, data }, [30, 5, 50, 25])).toEqual(
      colourHistogram(frame, [30, 5, 50, 25]),
    );
  });
});

describe("PresenceModel", () => {
  function learned(score: number): PresenceModel {
    const model = new PresenceModel(frame, red);
    for (let i = 0; i < 5; i++) model.learn(model.judge(frame, red, score));
    return model;
  }

  it("is sure of the usual, at any level of the score, and not of other colours or half the score", () => {
    for (const usual of [0.4, 0.7, 0.95]) {
      const model = learned(usual);
      expect(model.judge(frame, red, usual).presence).toBeGreaterThan(0.9);
      expect(model.judge(frame, blue, usual).presence).toBeLessThan(0.1);
      expect(model.judge(frame, red, usual / 2).presence).toBeLessThan(0.1);
    }
  });

  it("is a chance that rises with the score", () => {
    const model = learned(0.7);
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((s) => model.judge(frame, red, s).presence);
        expect(low! >= 0 && high! <= 1 && low! <= high!).toBe(true);
      }),
    );
  });

  it("finds nothing in a score of NaN", () => {
    expect(learned(0.7).judge(frame, red, Number.NaN).presence).toBe(0);
  });
});
