import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { paperAugmentation } from "../sampling/crop-augmentation.ts";
import { synthesise } from "../synth/synthesise.ts";
import { writeSequence } from "../synth/write-sequence.ts";
import { quickRun, repeatableRecords } from "../testing/training-run.ts";
import { train } from "./train.ts";

let folder: string;
let clips: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-data-changed-"));
  process.env.LORAT_CACHE = join(folder, "cache");
  clips = join(folder, "clips");
  for (const seed of [1, 2]) {
    await writeSequence(join(clips, `clip-${seed}`), synthesise(seed, { width: 128, height: 96, frames: 6 }));
  }
});
afterAll(async () => {
  delete process.env.LORAT_CACHE;
  await rm(folder, { recursive: true, force: true });
});

const run = () =>
  quickRun({
    steps: 4,
    data: {
      kind: "datasets",
      sets: [{ dataset: `folder:${clips}` }],
      samplesPerEpoch: 4,
      maxGap: 100,
      mode: "interval",
      augmentation: paperAugmentation,
      maxUnreadableShare: 0.01,
    },
  });

it("goes on over a dataset as if it had not stopped, and refuses one that has changed", {
  timeout: 60_000,
}, async () => {
  const options = { threads: 1, workers: 0, device: "cpu", keep: 1 } as const;
  await train(run(), { ...options, folder: join(folder, "whole") });
  const stopped = join(folder, "stopped");
  const stop = new AbortController();
  await train(run(), {
    ...options,
    folder: stopped,
    signal: stop.signal,
    onStep: ({ step }) => step === 2 && stop.abort(),
  });

  const truth = join(clips, "clip-1", "groundtruth.txt");
  const text = await readFile(truth, "utf8");
  await writeFile(truth, text.replace(/^\d+/, "3"));
  await expect(train(run(), { ...options, folder: stopped, resume: true })).rejects.toMatchObject({
    code: "RUN_DATA_CHANGED",
    issues: [expect.stringContaining("data")],
  });

  await writeFile(truth, text);
  expect(await train(run(), { ...options, folder: stopped, resume: true })).toMatchObject({ finished: true });
  expect(await repeatableRecords(stopped)).toEqual(await repeatableRecords(join(folder, "whole")));
});

it("stops past the share of unreadable pictures, naming them", { timeout: 60_000 }, async () => {
  const broken = join(folder, "broken");
  for (const seed of [3, 4]) {
    await writeSequence(
      join(broken, `clip-${seed}`),
      synthesise(seed, { width: 128, height: 96, frames: 6 }),
    );
  }
  for (const frame of [2, 3, 4, 5])
    await writeFile(join(broken, "clip-3", `0000000${frame}.jpg`), "no picture");
  await appendFile(join(broken, "clip-4", "00000006.jpg"), "bytes after the end harm nobody");
  const { data } = run();
  if (data.kind !== "datasets") throw new Error("a run over datasets was expected");
  const config = { ...run(), steps: 500, data: { ...data, sets: [{ dataset: `folder:${broken}` }] } };
  const at = join(folder, "unreadable");
  await expect(train(config, { folder: at, threads: 1, workers: 0, device: "cpu" })).rejects.toMatchObject({
    code: "DATA_UNREADABLE",
    issues: expect.arrayContaining([expect.stringContaining("clip-3")]),
  });
  const records = (await repeatableRecords(at)) as { unreadable?: number }[];
  expect(records.at(-1)!.unreadable).toBeGreaterThan(0);
});
