import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { variantNamed } from "@lorat/core/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listCheckpoints } from "../runs/checkpoint.ts";
import type { StepRecord } from "../runs/records.ts";
import type { RunConfig } from "../runs/run-config.ts";
import { runFiles } from "../runs/run-config.ts";
import { nanoPreset } from "./presets/nano.ts";
import { train } from "./train.ts";

/** A network that trains in moments, on procedural pairs. */
const preset = nanoPreset({ steps: 6 });
const variant = {
  ...variantNamed("nano-patch"),
  dim: 48,
  hidden: 96,
  depth: 2,
  templateGrid: 2,
  searchGrid: 4,
};
const config: RunConfig = { ...preset, model: { ...preset.model, variant }, batchSize: 2 };

async function losses(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, runFiles.metrics), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as StepRecord).loss);
}

describe("train", () => {
  let folder: string;
  const options = (name: string) => ({ folder: join(folder, name), device: "cpu" as const, workers: 0 });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lorat-train-"));
    await train(config, options("whole"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("writes one finite record a step, and the last checkpoint", async () => {
    const whole = await losses(join(folder, "whole"));
    expect(whole.length).toBe(6);
    expect(whole.every(Number.isFinite)).toBe(true);
    expect((await listCheckpoints(join(folder, "whole", runFiles.checkpoints))).at(-1)?.step).toBe(6);
  });

  it("goes on from a stop with the same losses, bit for bit", async () => {
    const stop = new AbortController();
    const stopped = await train(config, {
      ...options("parts"),
      signal: stop.signal,
      onStep: ({ step }) => {
        if (step === 3) stop.abort();
      },
    });
    expect(stopped).toEqual({ step: 3, finished: false });
    expect(await train(config, { ...options("parts"), resume: true })).toEqual({ step: 6, finished: true });
    expect(await losses(join(folder, "parts"))).toEqual(await losses(join(folder, "whole")));
  });

  it("refuses a folder that holds a run, and a changed configuration on resume", async () => {
    await expect(train(config, options("whole"))).rejects.toMatchObject({ code: "RUN_EXISTS" });
    const changed = { ...config, seed: 2 };
    await expect(train(changed, { ...options("whole"), resume: true })).rejects.toMatchObject({
      code: "RUN_CONFIG_CHANGED",
      issues: ["seed: 1 before, 2 now"],
    });
    await expect(train(config, { ...options("none"), resume: true })).rejects.toMatchObject({
      code: "RUN_NOTHING_TO_RESUME",
    });
  });

  it("refuses a folder in which another process trains, and takes over the lock of one that is gone", async () => {
    const { hostname } = await import("node:os");
    const lock = join(folder, "whole", "lock.json");
    await writeFile(lock, JSON.stringify({ pid: process.ppid, host: hostname() }));
    await expect(train(config, { ...options("whole"), resume: true })).rejects.toMatchObject({
      code: "RUN_LOCKED",
    });
    await writeFile(lock, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
    expect(await train(config, { ...options("whole"), resume: true })).toEqual({ step: 6, finished: true });
  });
});
