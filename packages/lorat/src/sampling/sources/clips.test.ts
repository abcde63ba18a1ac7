import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@lorat/core/training";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Clip } from "../data-manifest.ts";
import { FrameStore, sharePictures } from "../frame-store.ts";
import { clips } from "./clips.ts";

const FRAMES = 12;
let folder: string;
let store: FrameStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-clips-"));
  const files = Array.from({ length: FRAMES }, (_, i) => join(folder, `${i}.png`));
  // Every frame tells its number by its colour.
  await Promise.all(
    files.map((file, i) =>
      sharp({ create: { width: 64, height: 48, channels: 3, background: { r: i * 20, g: 0, b: 0 } } }).toFile(
        file,
      ),
    ),
  );
  store = new FrameStore(sharePictures(files, 1e7, 400));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function clip(name: string, times: readonly number[], absent: readonly number[] = []): Clip {
  const files = Array.from({ length: FRAMES }, (_, i) => i);
  return { name, files, times, boxes: files.map((i) => (absent.includes(i) ? null : [10, 10, 30 + i, 30])) };
}

const numberOf = (pair: { frame: { data: ArrayLike<number> } }) => pair.frame.data[0]! / 20;
const steady = Array.from({ length: FRAMES }, (_, i) => i * 10);

it("takes two different frames no further apart than the gap, in frames of the source video", async () => {
  const source = clips(store, [clip("a", steady, [3])], { maxGap: [25, 25], caps: [], absentShare: 0 });
  const random = createRandom(1);
  for (let i = 0; i < 100; i++) {
    const pair = await source.draw({ random, strength: 1 });
    const gap = Math.abs(numberOf(pair!.template) - numberOf(pair!.search));
    expect(gap).toBeGreaterThanOrEqual(1);
    expect(gap).toBeLessThanOrEqual(2);
    expect([numberOf(pair!.template), numberOf(pair!.search)]).not.toContain(3);
    expect(pair!.search.box).toEqual([10, 10, 30 + numberOf(pair!.search), 30]);
  }
});

it("takes a recent view near to the search frame, and the same pair without one", async () => {
  const options = { maxGap: [50, 50] as const, caps: [], absentShare: 0 };
  const source = clips(store, [clip("a", steady, [3])], options);
  for (let seed = 1; seed <= 40; seed++) {
    const context = { random: createRandom(seed), strength: 1 };
    const { reference, ...pair } = (await source.draw({ ...context, reference: true }))!;
    expect(Math.abs(numberOf(reference!) - numberOf(pair.search))).toBe(1);
    expect(numberOf(reference!)).not.toBe(3);
    expect(await source.draw({ random: createRandom(seed), strength: 1 })).toEqual(pair);
  }
});

it("takes the nearest frame where the stored ones lie further apart than the gap", async () => {
  const source = clips(store, [clip("a", steady)], { maxGap: [3, 3], caps: [], absentShare: 0 });
  const random = createRandom(2);
  for (let i = 0; i < 30; i++) {
    const pair = await source.draw({ random, strength: 1 });
    expect(Math.abs(numberOf(pair!.template) - numberOf(pair!.search))).toBe(1);
  }
});

it("keeps a family of clips to its share", async () => {
  const many = Array.from({ length: 30 }, (_, i) => clip(`crowd_${i}`, steady));
  const all = [
    ...many.map((c) => ({ ...c, boxes: c.boxes.map((box) => box && ([0, 0, 20, 20] as const)) })),
    clip("a", steady),
  ];
  const source = clips(store, all, {
    maxGap: [100, 100],
    caps: [{ prefix: "crowd_", maxShare: 0.1 }],
    absentShare: 0,
  });
  const random = createRandom(3);
  let crowd = 0;
  for (let i = 0; i < 500; i++)
    if ((await source.draw({ random, strength: 1 }))!.template.box[0] === 0) crowd++;
  expect(crowd / 500).toBeGreaterThan(0.05);
  expect(crowd / 500).toBeLessThan(0.15);
});

it("draws frames without the target when asked to, and says so", async () => {
  const source = clips(store, [clip("a", steady, [4, 5, 6])], {
    maxGap: [100, 100],
    caps: [],
    absentShare: 1,
  });
  const pair = await source.draw({ random: createRandom(4), strength: 1 });
  expect(pair!.search.present).toBe(false);
  expect([4, 5, 6]).toContain(numberOf(pair!.search));
});
