import { Session } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { noise, tinyModel } from "../testing/tiny-model.ts";
import type { CreateSession } from "./renewable-session.ts";
import { createTracker, type TrackerOptions } from "./tracker.ts";
import type { TrackResult } from "./types.ts";

/** Nothing is ever sure: lost from the third frame on, for good. */
const neverSure = { sureFrom: 2, unsureBelow: 2, lostBelow: 2 };
const alwaysSure = { sureFrom: 0, unsureBelow: 0, lostBelow: 0 };
const box = { x: 20, y: 12, width: 20, height: 30 };

const picture = (seed: number) => noise(seed, 200, 150);

/** Follows a box through noise; with each frame's result the passes of the network that it took. */
async function follow(options: TrackerOptions): Promise<(TrackResult & { passes: number })[]> {
  let passes = 0;
  const createSession: CreateSession = async (outputs, settings) => {
    const session = await Session.create(outputs, settings);
    return {
      compute: (feeds) => {
        passes++;
        return session.compute(feeds);
      },
      dispose: () => session.dispose(),
    };
  };
  const tracker = await createTracker(tinyModel(), { device: "cpu", createSession, ...options });
  try {
    const target = await tracker.start(picture(0), box);
    const results = [];
    for (let i = 1; i <= 12; i++) {
      passes = 0;
      const result = await target.track(picture(i));
      results.push({ ...result, passes });
    }
    return results;
  } finally {
    await tracker.dispose();
  }
}

describe("re-detection", () => {
  it("costs one pass a frame while the target is tracked, and two more while it is lost", async () => {
    const lost = await follow({ redetect: true, state: neverSure });
    expect(lost.map(({ state }) => state)).toEqual(["uncertain", "uncertain", ...Array(10).fill("lost")]);
    expect(lost.map(({ passes }) => passes)).toEqual([1, 1, 1, ...Array(9).fill(3)]);
    const wider = await follow({ redetect: { passesPerFrame: 4 }, state: neverSure });
    expect(Math.max(...wider.map(({ passes }) => passes))).toBe(5);
    const tracked = await follow({ redetect: true, state: alwaysSure });
    expect(tracked.map(({ passes }) => passes)).toEqual(Array(12).fill(1));
  });

  it("holds box and region where the target was last seen, at its last size", async () => {
    const results = await follow({ redetect: true, state: neverSure });
    for (const { box: held } of results.slice(2)) expect(held).toEqual(box);
  });

  it("changes nothing when it is off: boxes and scores are the loop's own, whatever the state", async () => {
    const [sure, lost] = [await follow({ state: alwaysSure }), await follow({ state: neverSure })];
    expect(lost.map(({ raw }) => raw)).toEqual(sure.map(({ raw }) => raw));
    expect(lost.map(({ passes }) => passes)).toEqual(Array(12).fill(1));
    const on = await follow({ redetect: true, state: alwaysSure });
    expect(on.map(({ raw }) => raw)).toEqual(sure.map(({ raw }) => raw));
  });

  it("never reports a box larger than the target was while it is lost, with or without", async () => {
    for (const redetect of [false, true]) {
      for (const { state, box: reported } of await follow({ redetect, state: neverSure })) {
        if (state !== "lost") continue;
        expect(reported.width).toBeLessThanOrEqual(box.width + 1e-9);
        expect(reported.height).toBeLessThanOrEqual(box.height + 1e-9);
      }
    }
  });
});
