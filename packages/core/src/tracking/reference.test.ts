import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noise as picture, tinyModel } from "../testing/tiny-model.ts";
import { ReferenceChooser, sideBySide } from "./reference.ts";
import { createTracker } from "./tracker.ts";

describe("the choice of a reference", () => {
  it("is the best view of every few frames, if it is good enough", () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(score, { minLength: 1 }),
        fc.integer({ min: 1, max: 8 }),
        score,
        (scores, every, from) => {
          const chooser = new ReferenceChooser<number>({ everyFrames: every, scoreFrom: from });
          scores.forEach((own, i) => {
            const chosen = chooser.take(own, () => i);
            const isTime = (i + 1) % every === 0;
            const good = scores
              .slice(Math.max(i + 1 - every, 0), i + 1)
              .filter((one) => one >= from && one > 0);

            if (isTime && good.length > 0) expect(scores[chosen!]).toBe(Math.max(...good));
            else expect(chosen).toBeUndefined();
          });
        },
      ),
    );
  });

  it("never takes a score that is no number", () => {
    const chooser = new ReferenceChooser<string>({ everyFrames: 1, scoreFrom: 0 });
    expect(chooser.take(Number.NaN, () => "view")).toBeUndefined();
  });
});

it("puts template and reference side by side, row by row", () => {
  expect([...sideBySide(Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8), 2)]).toEqual([
    1, 2, 5, 6, 3, 4, 7, 8,
  ]);
});

describe("a tracker with a reference", () => {
  const model = tinyModel({ templateGrid: 2, searchGrid: 4, attention: "asymmetric", references: 1 });
  const box = { x: 10, y: 12, width: 20, height: 30 };
  const boxes = async (everyFrames: number, count: number) => {
    const rule = { everyFrames, scoreFrom: 0 };
    const tracker = await createTracker(model, { device: "cpu", threads: 1, loop: { reference: rule } });
    const target = await tracker.start(picture(1), box);
    const found = [];
    for (let i = 0; i < count; i++) found.push((await target.track(picture(1))).raw.score);
    await tracker.dispose();
    return found;
  };

  it("starts with the first view twice, and answers otherwise once it was renewed", async () => {
    const [never, often] = [await boxes(1000, 6), await boxes(2, 6)];
    expect(often.slice(0, 2)).toEqual(never.slice(0, 2));
    expect(often.slice(2)).not.toEqual(never.slice(2));
  });

  it("gives the same for a batch of targets as for each alone", async () => {
    const tracker = await createTracker(model, { device: "cpu", threads: 1 });
    const places = [box, { x: 40.5, y: 20.25, width: 31, height: 12 }];
    const start = () => Promise.all(places.map((place) => tracker.start(picture(1), place)));
    const [together, apart] = [await start(), await start()];
    for (let frame = 2; frame < 10; frame++) {
      const all = await tracker.trackAll(picture(frame), together);
      for (const [i, target] of apart.entries()) {
        expect((await target.track(picture(frame))).score).toBeCloseTo(all[i]!.score, 5);
      }
    }
    await tracker.dispose();
  });
});
