import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluate } from "../evaluate/run/evaluate.ts";
import { readEvaluation } from "../evaluate/run/read-run.ts";
import { openFrames } from "../media/open-frames.ts";
import { exportRun } from "../models/export/export.ts";
import { loadRunConfig } from "../runs/config/load.ts";
import { readRun } from "../runs/read-run.ts";
import type { RunRecord } from "../runs/records.ts";
import { listRuns } from "../runs/summary.ts";
import { scanData } from "../sampling/data-manifest.ts";
import { loadTracker } from "../trackers/model/load-tracker.ts";
import { train } from "./train.ts";

/** Folders that version 0.1 wrote (experiments/earlier-forms.ts), with what its runs gave when they went on. */
const root = fileURLToPath(new URL("../../../../", import.meta.url));
const earlier = (...names: string[]) => join(root, "tests/fixtures/earlier", ...names);

let folder: string;
const before = process.cwd();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-earlier-"));
  process.env.LORAT_CACHE = join(folder, "cache");
});
afterAll(async () => {
  delete process.env.LORAT_CACHE;
  await rm(folder, { recursive: true, force: true });
});

const recordsIn = async (path: string) =>
  (await readFile(path, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RunRecord);

describe("a run that version 0.1 began", () => {
  // Paths in its configuration are relative to the project.
  it.runIf(relative(root, before) === "").each(["run-mix", "run-datasets"])("goes on: %s", async (name) => {
    const run = join(folder, name);
    await cp(earlier(name), run, { recursive: true });
    const config = await loadRunConfig(join(run, "config.json"));
    const options = { folder: run, threads: 1, workers: 0, device: "cpu", resume: true } as const;
    expect(await train(config, options)).toEqual({ step: 4, finished: true });
    const records = await recordsIn(join(run, "metrics.jsonl"));
    const whole = await recordsIn(earlier(`${name}.metrics.jsonl`));
    expect(records.map(({ step, kind }) => [step, kind])).toEqual(
      whole.map(({ step, kind }) => [step, kind]),
    );
    for (const [i, record] of records.entries()) {
      // Other processors round in another order.
      expect((record as { loss: number }).loss).toBeCloseTo((whole[i] as { loss: number }).loss, 4);
    }
  });

  it("is refused with another configuration, and shown as it is", async () => {
    const config = await loadRunConfig(earlier("run-mix", "config.json"));
    const run = await readRun(earlier("run-mix"));
    expect(run).toMatchObject({ config: { name: "earlier" }, checkpoints: [{ step: 2 }] });
    expect(run.steps.map(({ step }) => step)).toEqual([1, 2]);
    const copy = join(folder, "changed");
    await cp(earlier("run-mix"), copy, { recursive: true });
    await expect(train({ ...config, seed: 9 }, { folder: copy, resume: true })).rejects.toMatchObject({
      code: "RUN_CONFIG_CHANGED",
      issues: ["seed: 1 before, 9 now"],
    });
  });

  it("has its training material known by the fingerprint of then", async () => {
    const manifest = await scanData({ clips: [earlier("clips")], photos: [earlier("clips", "clip-1")] });
    const text = JSON.stringify(manifest).replaceAll(earlier("clips"), "");
    expect(createHash("sha256").update(text).digest("hex")).toBe(
      "221edb96c9ac0a357db9fa79ba2ed28e98090a4b837738e21c0947a33d30d7c4",
    );
  });

  it.runIf(relative(root, before) === "")("is exported as the same model folder", async () => {
    const config = await loadRunConfig(earlier("run-datasets", "config.json"));
    const model = join(folder, "model");
    await exportRun(earlier("run-datasets"), config, model);
    const manifest = async (path: string) => JSON.parse(await readFile(path, "utf8"));
    // Length and SHA-256 of the weights are said since.
    const { weights, ...same } = await manifest(join(model, "model.json"));
    expect(same).toEqual(await manifest(earlier("model", "model.json")));
    expect(weights).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});

it("opens a model folder of version 0.1 and tracks with it", async () => {
  const tracker = await loadTracker(earlier("model"), { device: "cpu", threads: 1 });
  const source = await openFrames(earlier("clips", "clip-1"));
  try {
    let target: Awaited<ReturnType<typeof tracker.start>> | undefined;
    for await (const frame of source.frames()) {
      if (!target) target = await tracker.start(frame, { x: 10, y: 10, width: 30, height: 20 });
      else expect((await target.track(frame)).score).toBeGreaterThan(0);
    }
  } finally {
    await source.dispose();
    await tracker.dispose();
  }
});

describe("an evaluation that version 0.1 made", () => {
  it.runIf(relative(root, before) === "")("is read for exports", async () => {
    const { tracker, kind, runs } = await readEvaluation(earlier("evaluation"));
    expect({ tracker, kind, names: runs[0]!.map(({ name }) => name) }).toEqual({
      tracker: "drift",
      kind: "folder",
      names: ["clip-1", "clip-2"],
    });
  });

  it("is listed beside the runs of training", async () => {
    const listed = await listRuns(earlier());
    expect(listed.map(({ kind, folder }) => [kind, relative(earlier(), folder)])).toEqual([
      ["evaluation", "evaluation"],
      ["training", "run-datasets"],
      ["training", "run-mix"],
    ]);
    expect(listed[0]).toMatchObject({ tracker: "drift", finished: 2, sequences: 2 });
  });

  it("is known as finished when it is run again", async () => {
    const run = join(folder, "evaluation");
    await cp(earlier("evaluation"), run, { recursive: true });
    const again = await evaluate({
      dataset: `folder:${earlier("clips")}`,
      tracker: { kind: "module", path: earlier("drift.mjs") },
      folder: run,
      workers: 1,
    });
    expect(again).toMatchObject({ finished: true, plan: { finished: 2, tasks: 2, frames: 0 } });
  });
});
