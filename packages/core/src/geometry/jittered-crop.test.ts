import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../random.ts";
import { clipToImage } from "./box.ts";
import { cropParameters, toCrop } from "./crop-parameters.ts";
import { jitteredCrop } from "./jittered-crop.ts";

describe("jitteredCrop", () => {
  it("shows enough of the target whenever it says so", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 5, max: 300 }),
        fc.integer({ min: 5, max: 300 }),
        (seed, w, h) => {
          const box = [40, 30, 40 + w, 30 + h] as const;
          const drawn = jitteredCrop(box, 4, { width: 224, height: 192 }, createRandom(seed));
          expect(drawn.attempts).toBeGreaterThanOrEqual(1);
          expect(drawn.attempts).toBeLessThanOrEqual(12);
          if (!drawn.success) {
            expect(drawn.attempts).toBe(12);
            return;
          }
          const [x1, y1, x2, y2] = clipToImage(toCrop(box, drawn.parameters), { width: 224, height: 192 });
          expect(Math.min(x2 - x1, y2 - y1)).toBeGreaterThanOrEqual(10);
        },
      ),
    );
  });

  it("is the centred crop without jitter", () => {
    const box = [10, 20, 50, 90] as const;
    const still = { scaleJitter: 0, translationJitter: 0 };
    const { parameters } = jitteredCrop(box, 2, { width: 112, height: 112 }, createRandom(1), still);
    expect(parameters).toEqual(cropParameters(box, 2, { width: 112, height: 112 }));
  });

  it("gives up on a target that cannot be large enough", () => {
    const options = { minObjectSizePx: 500, maxAttempts: 3 };
    const drawn = jitteredCrop([0, 0, 9, 9], 4, { width: 224, height: 224 }, createRandom(1), options);
    expect(drawn).toMatchObject({ success: false, attempts: 3 });
  });
});
