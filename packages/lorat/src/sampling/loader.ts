import { totalmem } from "node:os";
import type { CropGeometry, Share, TrainingBatch } from "@lorat/core/training";
import { LoratError } from "@lorat/graph";
import type { DatasetColumns } from "../datasets/columns.ts";
import { openDataset } from "../datasets/open-dataset.ts";
import type { BatchPlan } from "./batch-maker.ts";
import { type BatchWorker, inlineWorker, type MadeReport, threadWorker } from "./batch-workers.ts";
import { scanData } from "./data-manifest.ts";
import { stepsPerEpoch } from "./epochs.ts";
import { sharePictures } from "./frame-store.ts";
import { type LoaderStats, Tally } from "./loader-stats.ts";
import type { DatasetPairs, MixedPairs, TrainingData } from "./training-data.ts";

/** What a loader is made from. */
export interface LoaderOptions {
  readonly geometry: CropGeometry;
  /** What pairs are drawn from. */
  readonly data: TrainingData;
  readonly batchSize: number;
  /** Part of every batch to make, where ranks share it; default: all of it. */
  readonly share?: Share | undefined;
  readonly seed: number;
  /** Step of the first batch, for resuming a run; default: 0. */
  readonly startStep?: number;
  /**
   * Threads; default: 1, and 0 makes batches in the calling thread. The batches are the same for any number. Decoding is done
   * by the process's thread pool beside them, of 4 threads unless `UV_THREADPOOL_SIZE` was set before the start.
   */
  readonly workers?: number;
  /** Batches made ahead of the consumer; default: two more than there are threads. */
  readonly prefetch?: number;
  /** Mix only: bytes of decoded pictures kept, for all threads together; default: 3 GiB, or an eighth of the memory if that is less. */
  readonly cacheBytes?: number;
  /** Mix only: pictures are decoded to at most this longer side; default: 480. Datasets are read at their own size. */
  readonly maxPictureSidePx?: number;
  /** Datasets only: what `openDataset` gave for each of the sets; they are opened when this is left out. */
  readonly opened?: readonly DatasetColumns[];
  /** The worker's built file, when it is not beside this one. */
  readonly workerFile?: URL;
}

/** One batch, with its step and the source of each sample. */
export interface LoadedBatch extends TrainingBatch {
  readonly step: number;
  readonly sources: readonly string[];
}

/** Batches in the order of their steps, without end. */
export interface Loader extends AsyncIterable<LoadedBatch> {
  /** The next batch; its arrays belong to the caller. Rejects with the error of the thread that failed. */
  next(): Promise<LoadedBatch>;
  stats(): LoaderStats;
  dispose(): Promise<void>;
}

/**
 * Starts making training batches ahead of time, in worker threads.
 *
 * A batch depends on `(seed, step)` and the data alone, whatever the number of threads. Throws `LOADER_OPTION` at once for
 * senseless options; `next` rejects with `DATA_*` and `DATASET_*` codes for data that cannot be read, `DATA_UNREADABLE` among
 * them when more pictures of the datasets are unreadable than the data allows.
 */
export function createLoader(options: LoaderOptions): Loader {
  const { workers: workerCount = 1, startStep = 0, batchSize, data } = options;
  const prefetch = options.prefetch ?? workerCount + 2;
  checkCount("batchSize", batchSize, 1);
  checkCount("workers", workerCount, 0);
  checkCount("startStep", startStep, 0);
  checkCount("prefetch", prefetch, 1);
  checkCount("batchSize / ranks", batchSize / (options.share?.ranks ?? 1), 1);
  if (data.kind === "datasets") stepsPerEpoch(data.samplesPerEpoch, batchSize);

  const ready = start(options, workerCount);
  // The consumer sees a failure when it asks for a batch; without this it would count as unhandled before that.
  ready.catch(() => {});
  const ahead = new Map<number, Promise<MadeReport>>();
  const ownSize = batchSize / (options.share?.ranks ?? 1);
  const tally = new Tally(ownSize, data.kind === "datasets" ? data.maxUnreadableShare : 0);
  let nextStep = startStep;
  let disposed = false;

  const request = (step: number): void => {
    const made = ready.then((workers) => workers[step % workers.length]!.make(step));
    made.catch(() => {});
    ahead.set(step, made);
  };
  const fill = (): void => {
    const count = workerCount === 0 ? 1 : prefetch;
    for (let step = nextStep; step < nextStep + count; step++) if (!ahead.has(step)) request(step);
  };
  if (workerCount > 0) fill();

  const next = async (): Promise<LoadedBatch> => {
    if (disposed) throw new LoratError("LOADER_DISPOSED", "the loader was disposed of");
    fill();
    const step = nextStep++;
    const asked = performance.now();
    const report = await ahead.get(step)!;
    tally.add(asked, report, step % Math.max(workerCount, 1));
    ahead.delete(step);
    tally.checkReadable();
    if (workerCount > 0 && !disposed) fill();
    const { readings: _, ...batch } = report.batch;
    return { ...batch, size: ownSize };
  };

  return {
    next,
    stats: () => tally.stats(),
    async dispose() {
      disposed = true;
      ahead.clear();
      const started = await ready.catch(() => undefined);
      await Promise.all(started?.map((worker) => worker.close()) ?? []);
    },
    async *[Symbol.asyncIterator]() {
      while (!disposed) yield await next();
    },
  };
}

async function start(options: LoaderOptions, workerCount: number): Promise<BatchWorker[]> {
  const { geometry, batchSize, share, seed, data } = options;
  const planned =
    data.kind === "mix" ? await planMix(data, options) : await planDatasets(data, options.opened);
  const plan: BatchPlan = { geometry, batchSize, share, seed, data: planned };
  if (workerCount === 0) return [inlineWorker(plan)];
  return Array.from({ length: workerCount }, () => threadWorker(plan, options.workerFile));
}

async function planMix({ roots, mix }: MixedPairs, options: LoaderOptions): Promise<BatchPlan["data"]> {
  const { cacheBytes = Math.min(3 * 2 ** 30, totalmem() / 8), maxPictureSidePx = 480 } = options;
  const manifest = await scanData(roots);
  const pictures = sharePictures(manifest.files, cacheBytes, maxPictureSidePx);
  return { kind: "mix", mix, manifest, pictures };
}

async function planDatasets(
  pairs: DatasetPairs,
  opened: LoaderOptions["opened"],
): Promise<BatchPlan["data"]> {
  const columns = opened ?? (await Promise.all(pairs.sets.map((set) => openDataset(set))));
  return { kind: "datasets", pairs, columns };
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new LoratError("LOADER_OPTION", `${name} must be a whole number of at least ${least}, got ${value}`);
}
