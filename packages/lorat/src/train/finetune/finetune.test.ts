import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSource, openSafetensors } from "@lorat/core/weights";
import { afterAll, beforeAll, expect, it } from "vitest";
import { datasetOf, openDataset } from "../../datasets/index.ts";
import { synthesise } from "../../synth/synthesise.ts";
import { writeSequence } from "../../synth/write-sequence.ts";
import { quickBase } from "../../testing/training-run.ts";
import { loadTracker } from "../../trackers/model/load-tracker.ts";
import { scoreSegments } from "../../trackers/one-pass.ts";
import { type Check, finetune } from "./finetune.ts";
import { heldOutOf, splitClips } from "./held-out.ts";

let folder: string;
let clips: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-finetune-"));
  clips = join(folder, "clips");
  // Kept out of the user's own cache.
  process.env.LORAT_CACHE = join(folder, "cache");
  for (const seed of [1, 2]) {
    const clip = synthesise(seed, { width: 128, height: 96, frames: 12, domain: "fair" });
    await writeSequence(join(clips, `clip-${seed}`), clip);
  }
});
afterAll(async () => {
  delete process.env.LORAT_CACHE;
  await rm(folder, { recursive: true, force: true });
});

const quick = { model: "nano", batchSize: 2, rank: 2, workers: 0, threads: 1, device: "cpu" } as const;

it("writes the best adapter and nothing else, and it tracks as it was said to", {
  timeout: 120_000,
}, async () => {
  const out = join(folder, "out");
  const seen: Check[] = [];
  const options = { ...quick, clips, out, steps: 6, checkEvery: 1, patience: 10, learningRate: 3e-3 };
  const result = await finetune({ ...options, onCheck: (check) => seen.push(check) });
  expect(result).toMatchObject({ heldOut: "ends", steps: 6, stopped: "steps" });
  expect(seen).toEqual(result.checks);
  expect(result.checks).toHaveLength(7);
  expect(result.best.auc).toBe(Math.max(...result.checks.map(({ auc }) => auc)));
  if (!result.adapter) {
    expect(result.best).toBe(result.before);
    await expect(access(join(out, "adapter.safetensors"))).rejects.toThrow();
    return;
  }
  const tracker = await loadTracker("nano", { adapter: result.adapter, device: "cpu", threads: 1 });
  const { heldOut } = splitClips(datasetOf(await openDataset({ dataset: `folder:${clips}` })));
  // Merged and apart differ by rounding, which tracking can turn into a pixel.
  expect((await scoreSegments(tracker, heldOut)).auc).toBeCloseTo(result.best.auc, 1);
  await tracker.dispose();
  const source = await fileSource(result.adapter);
  const { entries, metadata } = await openSafetensors(source);
  expect(metadata.get("base")).toBe("nano");
  expect(
    [...entries.keys()].every((name) =>
      /lora\.[AB]$|^head\.|^token_type_embed$|^reference_type_embed$|^norm\./.test(name),
    ),
  ).toBe(true);
  await source.dispose();
});

it("leaves the model as it is when nothing gets better, and stops early", { timeout: 120_000 }, async () => {
  const out = join(folder, "worse");
  // A rate that wrecks the network.
  const result = await finetune({
    ...quick,
    clips,
    out,
    steps: 20,
    checkEvery: 2,
    patience: 2,
    learningRate: 0.9,
  });
  expect(result.best.auc).toBeGreaterThanOrEqual(result.before.auc);
  expect(result.adapter === undefined).toBe(result.best === result.before);
  if (result.adapter === undefined) {
    expect(result).toMatchObject({ stopped: "patience", steps: 4, best: result.before });
    await expect(access(out)).rejects.toThrow();
  }
});

it("checks on other clips where they are given, and trains on all of its own", {
  timeout: 120_000,
}, async () => {
  const result = await finetune({
    ...quick,
    clips,
    validation: join(clips, "clip-2"),
    out: join(folder, "given"),
    steps: 1,
  });
  expect(result.heldOut).toBe("given");
  expect(Object.keys(result.before.sequences)).toEqual(["clip-2"]);
});

it("ends at once when it is stopped, with what it has", { timeout: 120_000 }, async () => {
  const stop = new AbortController();
  const options = { ...quick, clips, out: join(folder, "stopped"), steps: 50, checkEvery: 50 };
  const result = await finetune({
    ...options,
    signal: stop.signal,
    onStep: ({ step }) => step === 2 && stop.abort(),
  });
  expect(result).toMatchObject({ stopped: "interrupted", steps: 2 });
});

it("splits by clips where there are four, by their ends where there are fewer", async () => {
  const two = datasetOf(await openDataset({ dataset: `folder:${clips}` }));
  const four = { ...two, length: 4, sequence: (index: number) => two.sequence(index % 2) };
  expect(splitClips(two)).toMatchObject({ kind: "ends", training: [0, 1], trainingShare: 0.75 });
  expect(splitClips(two).heldOut.every(({ from }) => from >= 9)).toBe(true);
  expect(splitClips(four)).toMatchObject({ kind: "clips", training: [0, 1, 2], trainingShare: 1 });
  expect(splitClips(four).heldOut).toHaveLength(1);
  expect(heldOutOf(two)).toHaveLength(2);
});

it("refuses what cannot be tracked or checked", async () => {
  const { base } = await quickBase(folder);
  await expect(finetune({ ...quick, model: base, clips, out: folder })).rejects.toMatchObject({
    code: "MODEL_BACKBONE_ONLY",
  });
  const single = join(folder, "single");
  await writeSequence(join(single, "one"), synthesise(3, { width: 128, height: 96, frames: 1 }));
  await expect(finetune({ ...quick, clips: single, out: folder })).rejects.toMatchObject({
    code: "FINETUNE_CLIPS",
  });
  await expect(finetune({ ...quick, clips: join(folder, "nothing"), out: folder })).rejects.toMatchObject({
    code: "DATASET_NOT_FOUND",
  });
});
