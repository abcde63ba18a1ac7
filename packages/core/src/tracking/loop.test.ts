import { describe, expect, it } from "vitest";
import { noise as picture, tinyModel } from "../testing/tiny-model.ts";
import { type LoopSettings, referenceLoop } from "./loop.ts";
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
