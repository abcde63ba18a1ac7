import type { Tracker } from "@lorat/core";
import { iou, toCorners } from "@lorat/core/geometry";
import { createRandom } from "@lorat/core/training";
import { describe, expect, it } from "vitest";
import { type JudgedFrame, judgeClip } from "../evaluate/procedural/procedural.ts";
import { inventBackdrop } from "../synth/backdrop.ts";
import { inventObject, proceduralSurface } from "../synth/object.ts";
import type { Scene } from "../synth/scene.ts";
import { clipOfScene, type SynthClip } from "../synth/synthesise.ts";
import { loadTracker } from "../trackers/model/load-tracker.ts";

const [WIDTH, HEIGHT, FRAMES] = [480, 270, 38];
const GONE = 10;
const BACK = 20;
const SEEDS = [1, 2, 3, 4, 5, 6];

/** An object that moves in one corner of a still scene, is gone, and is back in the opposite corner. */
function leavingClip(seed: number): SynthClip {
  const random = createRandom(seed);
  const sprite = inventObject(random, 60, proceduralSurface(random));
  const place = (time: number) => {
    if (time < GONE) return { x: 60 + time, y: 70 };
    return time < BACK ? { x: -400, y: 70 } : { x: 400, y: 190 };
  };
  const scene: Scene = {
    width: WIDTH,
    height: HEIGHT,
    background: inventBackdrop(random, WIDTH, HEIGHT),
    backgroundScale: 1,
    camera: () => ({ x: 0, y: 0, zoom: 1, angleRad: 0 }),
    actors: [
      {
        sprite,
        pose: (time) => ({ ...place(time), scaleX: 1, scaleY: 1, angleRad: 0 }),
        gain: [1, 1, 1],
        shadow: 0,
      },
    ],
    target: 0,
    shutter: 0,
    development: () => ({ gain: [1, 1, 1], vignette: 0, noise: 3 }),
    blur: 0,
    compression: 0,
  };
  return clipOfScene(scene, FRAMES, "out-of-view", seed);
}

const overlaps = ({ box, truth }: JudgedFrame) =>
  truth !== null && iou(toCorners(box), toCorners(truth)) >= 0.5;

async function judgeAll(tracker: Tracker): Promise<JudgedFrame[][]> {
  const judged: JudgedFrame[][] = [];
  for (const seed of SEEDS) judged.push(await judgeClip(tracker, leavingClip(seed)));
  await tracker.dispose();
  return judged;
}

describe("nano with re-detection", { timeout: 180_000 }, () => {
  it("says lost when the target is gone, and finds it again in another corner", async () => {
    const clips = await judgeAll(await loadTracker("nano", { device: "cpu", threads: 1, redetect: true }));
    const lost = clips.filter((frames) => frames.slice(GONE, GONE + 5).some(({ state }) => state === "lost"));
    const found = clips.filter((frames) => frames.at(-1)!.state === "tracked" && overlaps(frames.at(-1)!));
    const wrongAlarms = clips
      .flatMap((frames) => frames.slice(0, GONE))
      .filter(({ state }) => state === "lost");
    expect(wrongAlarms).toHaveLength(0);
    // A small network: not every one of the objects, but most of them.
    expect(lost.length).toBeGreaterThan(SEEDS.length / 2);
    expect(found.length).toBeGreaterThanOrEqual(SEEDS.length / 2);
  });

  it("finds more than the loop alone, which stays in the corner where the target was", async () => {
    const clips = await judgeAll(await loadTracker("nano", { device: "cpu", threads: 1 }));
    const found = clips.filter((frames) => overlaps(frames.at(-1)!));
    expect(found.length).toBeLessThan(SEEDS.length / 2);
  });
});
