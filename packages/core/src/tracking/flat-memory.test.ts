import { Session } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { noise, tinyModel } from "../testing/tiny-model.ts";
import { createTracker } from "./tracker.ts";
import type { Target } from "./types.ts";

const model = tinyModel({ templateGrid: 4, searchGrid: 8 });
const { variant } = model.config;

const pictures = [0, 1, 2].map((seed) => noise(seed, 160, 120));
const picture = (i: number) => pictures[i % pictures.length]!;
const box = (i: number) => ({ x: 20 + 40 * i, y: 30, width: 30, height: 40 });

/** Leaks of a search crop a frame, or of a session's memory, are far more than this in the runs below. */
const largestGrowth = 20e6;

describe("memory stays flat", () => {
  it("over frames, while further targets come and go (lorat bench --kinds memory does 20,000)", async () => {
    const tracker = await createTracker(model, { device: "cpu", threads: 1 });
    const targets: Target[] = [await tracker.start(picture(0), box(0))];
    const cropBytes = 3 * (variant.searchGrid * variant.patchSize) ** 2 * 4;
    const [settled, frames] = [300, 1200];
    expect((frames - settled) * cropBytes).toBeGreaterThan(2 * largestGrowth);
    let before = 0;
    for (let i = 1; i <= frames; i++) {
      if (i % 50 === 0) {
        for (const extra of targets.splice(1)) extra.dispose();
        for (let k = 1; k <= (i / 50) % 3; k++) targets.push(await tracker.start(picture(i), box(k)));
      }
      await tracker.trackAll(picture(i), targets);
      if (i === settled) before = process.memoryUsage.rss();
    }
    await tracker.dispose();
    expect(process.memoryUsage.rss() - before).toBeLessThan(largestGrowth);
  });

  it("over trackers, which leave no session behind", async () => {
    const open = Session.open;
    let before = 0;
    for (let i = 0; i < 60; i++) {
      const tracker = await createTracker(model, { device: "cpu", threads: 1 });
      const targets = await Promise.all([0, 1].map((k) => tracker.start(picture(0), box(k))));
      await tracker.trackAll(picture(1), targets);
      await targets[0]!.track(picture(2));
      expect(Session.open).toBe(open + 3);
      await tracker.dispose();
      if (i === 20) before = process.memoryUsage.rss();
    }
    expect(Session.open).toBe(open);
    // What forty trackers leave to the collector comes and goes; their sessions would take several times this.
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 * largestGrowth);
  });
});
