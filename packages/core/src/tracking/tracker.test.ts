import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noise as picture, tinyModel } from "../testing/tiny-model.ts";
import { createTracker } from "./tracker.ts";
import type { Tracker } from "./types.ts";

describe("a tracker", () => {
  let tracker: Tracker;
  beforeAll(async () => {
    tracker = await createTracker(tinyModel(), { device: "cpu" });
  });
  afterAll(() => tracker.dispose());

  it("gives the same for a batch of targets as for each alone", async () => {
    const boxes = [
      { x: 10, y: 12, width: 20, height: 30 },
      { x: 40.5, y: 20.25, width: 31, height: 12 },
      { x: -5, y: 50, width: 15, height: 40 },
    ];
    const start = () => Promise.all(boxes.map((box) => tracker.start(picture(1), box)));
    const together = await tracker.trackAll(picture(2), await start());
    for (const [i, target] of (await start()).entries()) {
      const alone = await target.track(picture(2));
      expect(together[i]!.score).toBeCloseTo(alone.score, 5);
      for (const side of ["x", "y", "width", "height"] as const) {
        expect(together[i]!.box[side]).toBeCloseTo(alone.box[side], 3);
      }
    }
  });

  it("returns boxes that are finite, inside the image and at least a pixel wide and high", async () => {
    const side = fc.double({ min: 0.01, max: 200, noNaN: true });
    const corner = fc.double({ min: -50, max: 85, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        corner,
        corner,
        side,
        side,
        fc.integer({ min: 0, max: 99 }),
        async (x, y, width, height, seed) => {
          fc.pre(x + width > 0 && y + height > 0 && y < 70);
          const target = await tracker.start(picture(seed), { x, y, width, height });
          for (let i = 1; i < 4; i++) {
            const { box, score } = await target.track(picture(seed + i));
            expect(Object.values(box).every(Number.isFinite)).toBe(true);
            expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(1);
            expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(0);
            expect(box.x + box.width).toBeLessThanOrEqual(90);
            expect(box.y + box.height).toBeLessThanOrEqual(70);
            expect(score >= 0 && score <= 1).toBe(true);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("refuses senseless boxes, other sizes, and what was disposed", async () => {
    const frame = picture(1);
    const invalid = { code: "BOX_INVALID" };
    await expect(tracker.start(frame, { x: Number.NaN, y: 0, width: 5, height: 5 })).rejects.toMatchObject(
      invalid,
    );
    await expect(tracker.start(frame, { x: 0, y: 0, width: 0, height: 5 })).rejects.toMatchObject(invalid);
    await expect(tracker.start(frame, { x: 95, y: 0, width: 5, height: 5 })).rejects.toMatchObject(invalid);
    const target = await tracker.start(frame, { x: 10, y: 10, width: 20, height: 20 });
    await expect(target.track(picture(1, 60, 60))).rejects.toMatchObject({ code: "FRAME_SIZE" });
    target.dispose();
    await expect(target.track(frame)).rejects.toMatchObject({ code: "TARGET_DISPOSED" });
  });
});
