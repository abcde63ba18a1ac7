import { symlinkSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initialWeights, parametersOf } from "@lorat/core/model";
import { createRandom } from "@lorat/core/training";
import { fileSource, openSafetensors } from "@lorat/core/weights";
import type { Tensor } from "@lorat/graph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listCheckpoints, readCheckpoint, writeCheckpoint } from "../runs/checkpoint.ts";
import type { RunConfig } from "../runs/run-config.ts";
import { runFiles } from "../runs/run-config.ts";
import { lockRun } from "../runs/run-lock.ts";
import { quickBase, quickLoraRun, quickRun, repeatableRecords } from "../testing/training-run.ts";
import { type TrainOptions, train } from "./train.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-resume-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const options = (name: string): TrainOptions => ({
  folder: join(folder, name),
  device: "cpu",
  threads: 1,
  workers: 0,
});

/** Trains to the end in calls that are stopped after the steps given. */
async function inParts(
  config: RunConfig,
  name: string,
  stops: readonly number[],
  own: Partial<TrainOptions> = {},
) {
  for (const [i, at] of stops.entries()) {
    const stop = new AbortController();
    const onStep = ({ step }: { step: number }) => {
      if (step === at) stop.abort();
    };
    await train(config, { ...options(name), ...own, resume: i > 0, signal: stop.signal, onStep });
  }
  expect(await train(config, { ...options(name), ...own, resume: true })).toEqual({
    step: config.steps,
    finished: true,
  });
}

describe("a run that is stopped and resumed", () => {
  it("has the losses, validations and weights of one that was not: LoRA on a base, accumulation, drop path", async () => {
    const { base } = await quickBase(folder);
    const config = quickLoraRun({ base, averageDecay: 0.9 });
    await train(config, options("whole"));
    const records = await repeatableRecords(join(folder, "whole"));
    expect(records.length).toBe(6 + 3);
    expect(records.filter((record) => (record as { kind?: string }).kind === "validation").length).toBe(3);
    // One stop between validations, one on a validation.
    await inParts(config, "parts", [1, 4]);
    expect(await repeatableRecords(join(folder, "parts"))).toEqual(records);
    const checkpoint = async (name: string) =>
      readCheckpoint(join(folder, name, runFiles.checkpoints, "step-0000006.safetensors"));
    expect(await checkpoint("parts")).toEqual(await checkpoint("whole"));
  }, 180_000);

  it("starts from frozen weights in half precision alike", async () => {
    const { base } = await quickBase(folder, "fp16");
    const config = quickLoraRun({ base, steps: 2 });
    await train(config, options("half"));
    const losses = (await repeatableRecords(join(folder, "half"))) as { loss: number }[];
    expect(losses.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    const { tensors } = await readCheckpoint(
      join(folder, "half", runFiles.checkpoints, "step-0000002.safetensors"),
    );
    expect([...tensors.keys()].some((name) => name.includes(".linear."))).toBe(false);
  });

  it("is refused when its data or its base has changed, the differences listed", async () => {
    const { base } = await quickBase(folder);
    const config = quickLoraRun({ base, steps: 2 });
    await train(config, options("changed"));
    const weights = join(base, "weights.safetensors");
    const bytes = await readFile(weights);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(weights, bytes);
    await expect(train(config, { ...options("changed"), resume: true })).rejects.toMatchObject({
      code: "RUN_DATA_CHANGED",
      issues: [expect.stringMatching(/^base: "[0-9a-f]{64}" before, "[0-9a-f]{64}" now$/)],
    });
  });
});

describe("a loss that is not finite", () => {
  /** The quick run's first parameters, one of them spoiled. */
  function spoiled(config: RunConfig): ReadonlyMap<string, Tensor<"float32">> {
    const drawn = initialWeights(parametersOf(config.model), createRandom(1)) as Map<
      string,
      Tensor<"float32">
    >;
    drawn.get("token_type_embed")!.data[3] = Number.NaN;
    return drawn;
  }

  it("has its batch saved, and stops the run after the number set", async () => {
    const config = quickRun({ maxNonFinite: 2, averageDecay: undefined });
    const run = train(config, { ...options("nan"), startFrom: spoiled(config) });
    await expect(run).rejects.toMatchObject({
      code: "LOSS_NOT_FINITE",
      hint: expect.stringContaining("step-2"),
    });
    const records = (await repeatableRecords(join(folder, "nan"))) as Record<string, unknown>[];
    expect(records.map(({ step, kind, skippedSteps }) => [step, kind, skippedSteps])).toEqual([
      [1, undefined, 1],
      [1, "warning", undefined],
      [2, undefined, 2],
      [2, "warning", undefined],
    ]);
    for (const step of [1, 2]) {
      const source = await fileSource(join(folder, "nan", runFiles.nonFinite, `step-${step}.safetensors`));
      const { entries } = await openSafetensors(source);
      await source.dispose();
      expect([...entries.keys()].sort()).toEqual([
        "positive_count",
        "positives",
        "search",
        "target_boxes",
        "template",
        "template_mask",
      ]);
    }
  });

  it("stops at once by default", async () => {
    const config = quickRun({ averageDecay: undefined });
    const run = train(config, { ...options("nan-once"), startFrom: spoiled(config) });
    await expect(run).rejects.toMatchObject({
      code: "LOSS_NOT_FINITE",
      hint: expect.stringContaining("step-1"),
    });
  });
});

describe("checkpoints", () => {
  it("keep the last good one when the disk is full, and the run stops", async (context) => {
    if (process.platform !== "linux") context.skip("needs /dev/full");
    const config = quickRun();
    const checkpoints = join(folder, "full", runFiles.checkpoints);
    const saved: number[] = [];
    const run = train(config, {
      ...options("full"),
      checkpointSeconds: 0,
      onCheckpoint: (_, step) => {
        saved.push(step);
      },
      onStep: ({ step }) => {
        // The device on which every write fails for want of space, under the name of the checkpoint to come.
        if (step === 2) symlinkSync("/dev/full", join(checkpoints, "step-0000003.safetensors.tmp"));
      },
    });
    await expect(run).rejects.toMatchObject({
      code: "CHECKPOINT_WRITE",
      message: expect.stringContaining("ENOSPC"),
    });
    expect(saved).toEqual([1, 2]);
    expect((await listCheckpoints(checkpoints)).map(({ step }) => step)).toEqual([1, 2]);
    await readCheckpoint(join(checkpoints, "step-0000002.safetensors"));
    await train(config, { ...options("full"), resume: true });
    await train(config, options("spacious"));
    expect(await repeatableRecords(join(folder, "full"))).toEqual(
      await repeatableRecords(join(folder, "spacious")),
    );
  });

  it("give back what was written, and keep as many as asked", async () => {
    const at = join(folder, "kept");
    const tensors = new Map([
      ["a", { dtype: "float32" as const, shape: [2], data: Float32Array.of(1.5, -0) }],
    ]);
    const lossScale = { scale: 4, goodSteps: 7 };
    for (let step = 1; step <= 4; step++) {
      const progress = { step, updates: step - 1, nonFinite: 0, lossScale };
      await writeCheckpoint(at, { progress, tensors, skipped: 1 }, 2);
    }
    expect((await listCheckpoints(at)).map(({ step }) => step)).toEqual([3, 4]);
    expect(await readCheckpoint(join(at, "step-0000004.safetensors"))).toEqual({
      progress: { step: 4, updates: 3, nonFinite: 0, lossScale },
      tensors,
      skipped: 1,
    });
  });
});

describe("lockRun", () => {
  it("refuses a second run in this process, and lets go", async () => {
    const at = join(folder, "lock");
    const unlock = await lockRun(at);
    await expect(lockRun(at)).rejects.toMatchObject({ code: "RUN_LOCKED" });
    await unlock();
    await (await lockRun(at))();
  });

  it("takes over a lock that a crash left empty, and one of this process's number from a process before it", async () => {
    const { hostname } = await import("node:os");
    const at = join(folder, "lock");
    for (const text of ["", JSON.stringify({ pid: process.pid, host: hostname() })]) {
      await writeFile(join(at, "lock.json"), text);
      await (await lockRun(at))();
    }
  });

  it("takes over the lock of a number that another process has by now", async (context) => {
    if (process.platform !== "linux") context.skip("needs /proc");
    const { hostname } = await import("node:os");
    const at = join(folder, "lock");
    const lock = (started?: string) =>
      writeFile(join(at, "lock.json"), JSON.stringify({ pid: process.ppid, host: hostname(), started }));
    await lock("1");
    await (await lockRun(at))();
    await lock();
    await expect(lockRun(at)).rejects.toMatchObject({ code: "RUN_LOCKED" });
    await rm(join(at, "lock.json"));
  });
});
