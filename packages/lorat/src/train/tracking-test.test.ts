import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { TrackingRecord } from "../runs/records.ts";
import { type MadeUpData, makeUpData } from "../testing/training-data.ts";
import { quickRun, repeatableRecords } from "../testing/training-run.ts";
import { train } from "./train.ts";

let folder: string;
let data: MadeUpData;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-tracking-"));
  vi.stubEnv("LORAT_CACHE", join(folder, "cache"));
  data = await makeUpData();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([data.remove(), rm(folder, { recursive: true, force: true })]);
});

describe("a run's tracking test", () => {
  it("scores whole sequences every so often and at the end, the same on resume", async () => {
    const trackingTest = { everySteps: 2, dataset: `folder:${data.roots.clips![0]}` };
    const config = quickRun({ steps: 3, trackingTest });
    const options = { device: "cpu", threads: 1, workers: 0 } as const;
    await train(config, { ...options, folder: join(folder, "whole") });
    const records = await repeatableRecords(join(folder, "whole"));
    const tracked = records.filter(
      (record): record is TrackingRecord => (record as TrackingRecord).kind === "tracking",
    );
    expect(tracked.map(({ step }) => step)).toEqual([2, 3]);
    for (const { auc, sequences } of tracked) {
      const all = Object.values(sequences);
      expect(Object.keys(sequences).sort()).toEqual(["clip_0", "clip_1"]);
      expect(all.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(auc).toBeCloseTo((all[0]! + all[1]!) / 2, 12);
    }
    const stop = new AbortController();
    const parts = { ...options, folder: join(folder, "parts") };
    await train(config, {
      ...parts,
      signal: stop.signal,
      onStep: ({ step }) => void (step === 2 && stop.abort()),
    });
    await train(config, { ...parts, resume: true });
    expect(await repeatableRecords(join(folder, "parts"))).toEqual(records);
  });

  it("takes as many sequences as asked, and refuses a dataset that is not there", async () => {
    const dataset = `folder:${data.roots.clips![0]}`;
    const one = quickRun({ steps: 1, trackingTest: { everySteps: 1, dataset, sequences: 1 } });
    const options = { device: "cpu", threads: 1, workers: 0 } as const;
    await train(one, { ...options, folder: join(folder, "one") });
    const records = await repeatableRecords(join(folder, "one"));
    expect(Object.keys((records.at(-1) as TrackingRecord).sequences)).toEqual(["clip_0"]);
    const none = quickRun({ trackingTest: { everySteps: 1, dataset: `folder:${join(folder, "nowhere")}` } });
    await expect(train(none, { ...options, folder: join(folder, "none") })).rejects.toMatchObject({
      code: "DATASET_NOT_FOUND",
    });
    // Nothing is left behind that a corrected start would trip over.
    await train(one, { ...options, folder: join(folder, "none") });
  });
});
