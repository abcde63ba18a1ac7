import { createHash } from "node:crypto";
import { copyFile, cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CropGeometry } from "@lorat/core/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDataset } from "../datasets/open-dataset.ts";
import { buildWorker } from "../testing/built-worker.ts";
import { type MadeUpData, makeUpData } from "../testing/training-data.ts";
import { paperAugmentation } from "./crop-augmentation.ts";
import { createLoader, type LoadedBatch, type LoaderOptions } from "./loader.ts";
import type { DatasetPairs } from "./training-data.ts";

const geometry: CropGeometry = {
  patchSize: 8,
  templateSizePx: 32,
  templateGrid: 4,
  searchSizePx: 64,
  searchGrid: 8,
  templateAreaFactor: 2,
  searchAreaFactor: 4,
};

let made: MadeUpData;
let worker: Awaited<ReturnType<typeof buildWorker>>;
let data: DatasetPairs;
/** The same clips, some frames of which are damaged. */
let damaged: DatasetPairs;
beforeAll(async () => {
  [made, worker] = await Promise.all([
    makeUpData(),
    buildWorker(new URL("./loader-worker.ts", import.meta.url)),
  ]);
  const clips = join(made.folder, "clips");
  const copy = join(made.folder, "damaged");
  await cp(clips, copy, { recursive: true });
  const frames = (await readdir(join(copy, "clip_0"))).filter((name) => name.endsWith(".jpg")).sort();
  const [first, second, third] = frames.map((name) => join(copy, "clip_0", name));
  await writeFile(first!, "not a picture");
  const whole = await readFile(second!);
  await writeFile(second!, whole.subarray(0, whole.length / 2));
  await copyFile(join(copy, "clip_0", "groundtruth.txt"), third!);
  data = datasets(clips, 2, copy);
  damaged = datasets(copy);
});
afterAll(() => Promise.all([made?.remove(), worker?.remove()]));

function datasets(folder: string, weight = 1, other?: string): DatasetPairs {
  return {
    kind: "datasets",
    sets: [{ dataset: `folder:${folder}`, weight }, ...(other ? [{ dataset: `folder:${other}` }] : [])],
    samplesPerEpoch: 14,
    maxGap: 5,
    mode: "interval",
    augmentation: paperAugmentation,
    maxUnreadableShare: 1,
  };
}

type Taken = Partial<LoaderOptions>;

async function take(count: number, { data: wanted = data, ...options }: Taken = {}) {
  if (wanted.kind !== "datasets") throw new Error("these tests are about datasets");
  const cacheDir = join(made.folder, "cache");
  const opened = await Promise.all(wanted.sets.map((set) => openDataset(set, { cacheDir })));
  const workerFile = worker.file;
  const settings = { geometry, batchSize: 4, seed: 3, workers: 0, workerFile, opened, ...options };
  const loader = createLoader({ ...settings, data: wanted });
  try {
    const batches: LoadedBatch[] = [];
    while (batches.length < count) batches.push(await loader.next());
    return { batches, stats: loader.stats() };
  } finally {
    await loader.dispose();
  }
}

function digest({ step, sources, positiveCount, ...batch }: LoadedBatch) {
  const arrays = [batch.template, batch.search, batch.templateMask, batch.positives, batch.boxes];
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of arrays)
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return { step, sources, positiveCount, bytes: hash.digest("hex") };
}

describe("the batches of datasets", () => {
  it("are the same for any number of threads and for a resumed run, over the end of an epoch, damage included", async () => {
    const whole = await take(8);
    expect(whole.batches.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(whole.batches.map((batch) => digest(batch).bytes)).size).toBe(8);
    expect(whole.stats.unreadable.count).toBeGreaterThan(0);
    for (const workers of [1, 2, 3]) {
      const { batches, stats } = await take(8, { workers });
      expect(batches.map(digest), `${workers} threads`).toEqual(whole.batches.map(digest));
      expect(stats.unreadable, `${workers} threads`).toEqual(whole.stats.unreadable);
    }
    const resumed = await take(3, { startStep: 5, workers: 2 });
    expect(resumed.batches.map(digest)).toEqual(whole.batches.slice(5).map(digest));
  });

  it("are whole, and every search crop shows its target", async () => {
    const { batches } = await take(9);
    for (const { size, template, search, boxes, templateMask } of batches) {
      for (const picture of [template, search])
        expect(picture.every((value) => value > -2.3 && value < 2.8)).toBe(true);
      for (let i = 0; i < size; i++) {
        const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4) as unknown as [
          number,
          number,
          number,
          number,
        ];
        expect(Math.min(x1, y1)).toBeGreaterThanOrEqual(0);
        expect(Math.max(x2, y2)).toBeLessThanOrEqual(1);
        // Ten pixels at least are asked of the crop; moving it onto whole pixels may take a little of that.
        expect(Math.min(x2 - x1, y2 - y1) * geometry.searchSizePx).toBeGreaterThan(8);
        expect(templateMask.subarray(16 * i, 16 * i + 16).includes(1)).toBe(true);
      }
    }
  });

  it("change with the seed", async () => {
    const [one, two] = await Promise.all([take(1, { seed: 1 }), take(1, { seed: 2 })]);
    expect(digest(one.batches[0]!)).not.toEqual(digest(two.batches[0]!));
  });
});

describe("pictures that cannot be read", () => {
  it("are counted and named, and the samples that wanted them are made of others", async () => {
    const { batches, stats } = await take(12, { data: damaged, workers: 1 });
    expect(batches).toHaveLength(12);
    const { count, share, files } = stats.unreadable;
    expect(count).toBeGreaterThanOrEqual(files.length);
    expect(share).toBeCloseTo(count / (count + stats.decodedFiles), 1);
    // Nonsense, cut short, a text file: three frames, each named once.
    expect(files).toHaveLength(3);
    for (const text of files) expect(text).toMatch(/damaged.clip_0.0000000\d\.jpg$/);
  });

  it("end the run past the allowed share, whatever the number of threads, and not before", async () => {
    const strict = { ...damaged, maxUnreadableShare: 0.01 };
    const messages: unknown[] = [];
    for (const workers of [0, 2]) {
      const error = await take(60, { data: strict, workers }).catch((failure) => failure);
      expect(error).toMatchObject({
        code: "DATA_UNREADABLE",
        hint: expect.stringContaining("maxUnreadable"),
      });
      expect(error.issues).toHaveLength(3);
      messages.push(error.message);
    }
    expect(messages[0]).toBe(messages[1]);
    const asked = Number(/of (\d+) pictures/.exec(String(messages[0]))?.[1]);
    expect(asked).toBeGreaterThanOrEqual(100);
    await expect(take(60, { data: { ...damaged, maxUnreadableShare: 0.5 } })).resolves.toBeDefined();
  });

  it("end the run at once when there is nothing else", async () => {
    const folder = join(made.folder, "hopeless");
    await cp(join(made.folder, "clips", "clip_0"), join(folder, "clip"), { recursive: true });
    const frames = (await readdir(join(folder, "clip"))).filter((name) => name.endsWith(".jpg"));
    for (const name of frames) await writeFile(join(folder, "clip", name), "");
    for (const workers of [0, 1]) {
      await expect(take(1, { data: datasets(folder), workers })).rejects.toMatchObject({
        code: "DATA_UNREADABLE",
        issues: expect.arrayContaining([expect.stringContaining("hopeless")]),
      });
    }
  });
});

it("says that an epoch without a whole batch is senseless, and that a dataset is missing", async () => {
  const tiny = { ...data, samplesPerEpoch: 3 };
  expect(() => createLoader({ geometry, data: tiny, batchSize: 4, seed: 1 })).toThrow(/no whole batch/);
  const missing = createLoader({ geometry, data: datasets("/nowhere"), batchSize: 4, seed: 1, workers: 0 });
  await expect(missing.next()).rejects.toMatchObject({ code: "DATASET_NOT_FOUND" });
  await missing.dispose();
});
