import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CropGeometry } from "@lorat/core/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildWorker } from "../testing/built-worker.ts";
import { type MadeUpData, makeUpData } from "../testing/training-data.ts";
import type { DataRoots } from "./data-manifest.ts";
import { createLoader, type LoadedBatch, type LoaderOptions } from "./loader.ts";
import { fromScratchMix, type MixConfig, referenceMix } from "./mix.ts";

const geometry: CropGeometry = {
  patchSize: 8,
  templateSizePx: 32,
  templateGrid: 4,
  searchSizePx: 64,
  searchGrid: 8,
  templateAreaFactor: 2,
  searchAreaFactor: 4,
};
const invented = { kind: "mix", roots: {}, mix: fromScratchMix } as const;
/** Past the curriculum, so that every source and operation is in use. */
const FULL = 10_000;

let data: MadeUpData;
let worker: Awaited<ReturnType<typeof buildWorker>>;
beforeAll(async () => {
  [data, worker] = await Promise.all([
    makeUpData(),
    buildWorker(new URL("./loader-worker.ts", import.meta.url)),
  ]);
});
afterAll(() => Promise.all([data?.remove(), worker?.remove()]));

type Taken = Partial<Omit<LoaderOptions, "data">> & { data?: DataRoots; mix?: MixConfig };

async function take(
  count: number,
  { data: roots = {}, mix = fromScratchMix, ...options }: Taken,
): Promise<LoadedBatch[]> {
  const data = { kind: "mix", roots, mix } as const;
  const loader = createLoader({
    geometry,
    data,
    batchSize: 4,
    seed: 3,
    workers: 0,
    cacheBytes: 1e8,
    ...options,
  });
  try {
    const batches: LoadedBatch[] = [];
    while (batches.length < count) batches.push(await loader.next());
    return batches;
  } finally {
    await loader.dispose();
  }
}

describe("the order and content of batches", () => {
  it("are the same for any number of threads, and for a resumed run", async () => {
    const whole = await take(4, { data: data.roots, startStep: FULL });
    expect(whole.map((batch) => batch.step)).toEqual([0, 1, 2, 3].map((i) => FULL + i));
    for (const workers of [1, 2]) {
      const options = { data: data.roots, startStep: FULL, workers, workerFile: worker.file };
      expect((await take(4, options)).map(digest), `${workers} threads`).toEqual(whole.map(digest));
    }
    const resumed = await take(2, { data: data.roots, startStep: FULL + 2 });
    expect(resumed.map(digest)).toEqual(whole.slice(2).map(digest));
  });

  it("do not depend on whether decoded pictures could be kept", async () => {
    const kept = await take(2, { data: data.roots, startStep: FULL });
    const decodedAgain = await take(2, { data: data.roots, startStep: FULL, cacheBytes: 100_000 });
    expect(decodedAgain.map(digest)).toEqual(kept.map(digest));
  });

  it("change with the seed", async () => {
    const [one] = await take(1, { seed: 1 });
    const [two] = await take(1, { seed: 2 });
    expect(digest(one!)).not.toEqual(digest(two!));
  });
});

describe("what a batch holds", () => {
  it.each([
    ["the easy end", 0, fromScratchMix],
    ["the full mix", FULL, fromScratchMix],
    ["the reference's augmentation", 0, referenceMix],
    ["absent targets too", FULL, { ...fromScratchMix, absent: [0, 0.5] as const }],
  ])("is whole and consistent: %s", async (_name, startStep, mix) => {
    for (const batch of await take(8, { data: data.roots, startStep, mix, seed: 11 })) checkBatch(batch);
  });

  it("comes from every source once the curriculum is over, and from nothing but stills before", async () => {
    const sources = async (startStep: number) =>
      new Set((await take(12, { data: data.roots, startStep })).flatMap((batch) => batch.sources));
    expect(await sources(FULL)).toEqual(new Set(["photoRegions", "boxedPhotos", "clips", "composites"]));
    expect(await sources(0)).toEqual(new Set(["photoRegions", "boxedPhotos"]));
  });

  it("is made up from nothing when there is no data", async () => {
    const batches = await take(3, {});
    for (const batch of batches) {
      expect(new Set(batch.sources)).toEqual(new Set(["composites"]));
      checkBatch(batch);
    }
  });

  it("has targets absent in the wanted share", async () => {
    const batches = await take(15, { data: data.roots, mix: { ...fromScratchMix, absent: [0.5, 0.5] } });
    const absent = batches.flatMap(({ boxes, size }) =>
      Array.from({ length: size }, (_, i) => boxes.subarray(i * 4, i * 4 + 4).every((value) => value === 0)),
    );
    const share = absent.filter(Boolean).length / absent.length;
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.75);
  });
});

describe("failures", () => {
  it("name the file that cannot be decoded, from a thread as well", async () => {
    const broken = join(data.folder, "photos", "broken.jpg");
    await writeFile(broken, "not a picture");
    try {
      for (const workers of [0, 1]) {
        const options = { data: { photos: [join(data.folder, "photos")] }, workers, workerFile: worker.file };
        await expect(take(20, options)).rejects.toMatchObject({
          name: "LoratError",
          code: "DATA_IMAGE",
          message: expect.stringContaining("broken.jpg"),
        });
      }
    } finally {
      await rm(broken);
    }
  });

  it("name the root that is missing and the clip whose rows do not match", async () => {
    await expect(take(1, { data: { photos: [join(data.folder, "nowhere")] } })).rejects.toMatchObject({
      code: "DATA_ROOT",
    });
    const extra = join(data.folder, "clips", "clip_0", "99999999.jpg");
    await copyFile(join(data.folder, "clips", "clip_0", "00000001.jpg"), extra);
    try {
      await expect(take(1, { data: data.roots })).rejects.toMatchObject({
        code: "DATA_CLIP",
        message: expect.stringMatching(/clip_0.*12 rows.*13 frames/),
      });
    } finally {
      await rm(extra);
    }
  });

  it("refuse senseless options at once", () => {
    expect(() => createLoader({ geometry, data: invented, batchSize: 0, seed: 1 })).toThrow(/batchSize/);
    expect(() => createLoader({ geometry, data: invented, batchSize: 2, seed: 1, workers: 1.5 })).toThrow(
      /workers/,
    );
    expect(() => createLoader({ geometry, data: invented, batchSize: 2, seed: 1, startStep: -1 })).toThrow(
      /startStep/,
    );
  });

  it("stop with a clear message when the loader was disposed of", async () => {
    const loader = createLoader({
      geometry,
      data: invented,
      batchSize: 2,
      seed: 1,
      workers: 1,
      workerFile: worker.file,
    });
    await loader.next();
    await loader.dispose();
    await expect(loader.next()).rejects.toMatchObject({ code: "LOADER_DISPOSED" });
  });
});

it("counts what it did", async () => {
  const loader = createLoader({
    geometry,
    batchSize: 4,
    seed: 1,
    data: { ...invented, roots: data.roots },
    workers: 1,
    workerFile: worker.file,
  });
  let count = 0;
  for await (const batch of loader) {
    expect(batch.step).toBe(count);
    if (++count === 4) break;
  }
  const { batches, samples, waitShare, pairsPerWorkerSecond, decodedFiles, sources } = loader.stats();
  expect({ batches, samples }).toEqual({ batches: 4, samples: 16 });
  expect(waitShare).toBeGreaterThan(0);
  expect(waitShare).toBeLessThanOrEqual(1);
  expect(pairsPerWorkerSecond).toBeGreaterThan(0);
  expect(decodedFiles).toBeGreaterThan(0);
  expect(Object.values(sources).reduce((a, b) => a + b, 0)).toBe(16);
  await loader.dispose();
});

const shared = fileURLToPath(new URL("../../../../../shared/data/train", import.meta.url));
const noData = existsSync(shared) ? "" : ` (skipped: no training data at ${shared})`;
it.skipIf(noData)(`draws good batches from the real training data${noData}`, async () => {
  const roots = {
    photos: [join(shared, "images")],
    boxes: [join(shared, "boxes.jsonl")],
    clips: [join(shared, "videos")],
    cutouts: [join(shared, "cutouts")],
  };
  for (const batch of await take(4, { data: roots, startStep: FULL })) checkBatch(batch);
});

/** Everything in a batch, short enough to compare and print. */
function digest({ template, search, templateMask, positives, boxes, ...rest }: LoadedBatch) {
  const arrays = { template, search, templateMask, positives, boxes };
  const hash = (array: Float32Array) =>
    createHash("sha256")
      .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
      .digest("hex");
  return {
    ...rest,
    ...Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, hash(array)])),
  };
}

function checkBatch(batch: LoadedBatch): void {
  const { size, templateMask, positives, boxes, positiveCount } = batch;
  const { templateGrid, searchGrid } = geometry;
  for (const name of ["template", "search"] as const) {
    // ImageNet normalisation maps 0..1 into about -2.2..2.7.
    expect(
      batch[name].every((value) => value > -2.3 && value < 2.8),
      `${name} in range and no NaN`,
    ).toBe(true);
  }
  let total = 0;
  for (let i = 0; i < size; i++) {
    const mask = templateMask.subarray(i * templateGrid ** 2, (i + 1) * templateGrid ** 2);
    expect(sum(mask), "cells of the template's mask").toBeGreaterThan(0);
    const [x1, y1, x2, y2] = boxes.subarray(i * 4, i * 4 + 4) as unknown as [number, number, number, number];
    const cells = positives.subarray(i * searchGrid ** 2, (i + 1) * searchGrid ** 2);
    total += sum(cells);
    if (x1 === 0 && y1 === 0 && x2 === 0 && y2 === 0) {
      expect(sum(cells), "cells of an absent target").toBe(0);
      continue;
    }
    expect(x1).toBeGreaterThanOrEqual(0);
    expect(y1).toBeGreaterThanOrEqual(0);
    expect(x2).toBeLessThanOrEqual(1);
    expect(y2).toBeLessThanOrEqual(1);
    // Ten pixels at least are asked of the crop; moving it onto whole pixels may take a little of that.
    expect((x2 - x1) * geometry.searchSizePx).toBeGreaterThan(8);
    expect((y2 - y1) * geometry.searchSizePx).toBeGreaterThan(8);
    cells.forEach((value, k) => {
      const [column, row] = [k % searchGrid, Math.floor(k / searchGrid)];
      const covers =
        x1 * searchGrid < column + 1 &&
        x2 * searchGrid > column + 1e-4 &&
        y1 * searchGrid < row + 1 &&
        y2 * searchGrid > row + 1e-4;
      expect(value, `cell ${column},${row} of ${[x1, y1, x2, y2]}`).toBe(covers ? 1 : 0);
    });
  }
  expect(positiveCount).toBe(Math.max(total, 1));
}

function sum(values: Float32Array): number {
  return values.reduce((a, b) => a + b, 0);
}
