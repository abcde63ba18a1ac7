import { totalmem } from "node:os";
import type { CropGeometry, TrainingBatch } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import type { BatchPlan } from "./batch-maker.ts";
import { type BatchWorker, inlineWorker, type MadeReport, threadWorker } from "./batch-workers.ts";
import { type DataManifest, scanData } from "./data-manifest.ts";
import { sharePictures } from "./frame-store.ts";
import type { SourceName } from "./mix.ts";
import type { TrainingData } from "./training-data.ts";

/** What a loader is made from. */
export interface LoaderOptions {
  readonly geometry: CropGeometry;
  /** What pairs are drawn from. */
  readonly data: TrainingData;
  readonly batchSize: number;
  readonly seed: number;
  /** Step of the first batch, for resuming a run; default 0. */
  readonly startStep?: number;
  /** Threads; default 1, and 0 makes batches in the calling thread. The batches are the same for any number. */
  readonly workers?: number;
  /** Batches made ahead of the consumer; default two more than there are threads. */
  readonly prefetch?: number;
  /** Bytes of decoded pictures kept, for all threads together; default 3 GiB, or an eighth of the memory if that is less. */
  readonly cacheBytes?: number;
  /** Pictures are decoded to at most this longer side; default 480. */
  readonly maxPictureSidePx?: number;
  /** The worker's built file, when it is not beside this one. */
  readonly workerFile?: URL;
}

/** One batch, with its step and the source of each sample. */
export interface LoadedBatch extends TrainingBatch {
  readonly step: number;
  readonly sources: readonly SourceName[];
}

/** How a loader has kept up so far. */
export interface LoaderStats {
  readonly batches: number;
  readonly samples: number;
  /** Share of the time since the first request that the consumer spent waiting, 0 to 1. */
  readonly waitShare: number;
  /** Pairs a second that one worker makes while it works. */
  readonly pairsPerWorkerSecond: number;
  readonly decodedFiles: number;
  readonly sources: Readonly<Partial<Record<SourceName, number>>>;
}

/** Batches in the order of their steps, without end. */
export interface Loader extends AsyncIterable<LoadedBatch> {
  /** The next batch; its arrays belong to the caller. Rejects with the error of the thread that failed. */
  next(): Promise<LoadedBatch>;
  /** What was found under the data roots. */
  manifest(): Promise<DataManifest>;
  stats(): LoaderStats;
  dispose(): Promise<void>;
}

/**
 * Starts making training batches ahead of time, in worker threads.
 *
 * A batch depends on `(seed, step)` and the data alone, whatever the number of threads. Throws `LOADER_OPTION` at once for
 * senseless options; `next` rejects with `DATA_*` codes for data that cannot be read.
 */
export function createLoader(options: LoaderOptions): Loader {
  const { workers: workerCount = 1, startStep = 0, batchSize } = options;
  const prefetch = options.prefetch ?? workerCount + 2;
  checkCount("batchSize", batchSize, 1);
  checkCount("workers", workerCount, 0);
  checkCount("startStep", startStep, 0);
  checkCount("prefetch", prefetch, 1);

  const ready = start(options, workerCount);
  // The consumer sees a failure when it asks for a batch; without this it would count as unhandled before that.
  ready.catch(() => {});
  const ahead = new Map<number, Promise<MadeReport>>();
  const tally = new Tally(batchSize);
  let nextStep = startStep;
  let disposed = false;

  const request = (step: number): void => {
    const made = ready.then(({ workers }) => workers[step % workers.length]!.make(step));
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
    const { batch, busyMs, decoded } = await ahead.get(step)!;
    tally.add(asked, batch.sources, busyMs, decoded, step % Math.max(workerCount, 1));
    ahead.delete(step);
    if (workerCount > 0 && !disposed) fill();
    return { ...batch, size: batchSize };
  };

  return {
    next,
    manifest: async () => (await ready).plan.manifest,
    stats: () => tally.stats(),
    async dispose() {
      disposed = true;
      ahead.clear();
      const started = await ready.catch(() => undefined);
      await Promise.all(started?.workers.map((worker) => worker.close()) ?? []);
    },
    async *[Symbol.asyncIterator]() {
      while (!disposed) yield await next();
    },
  };
}

async function start(
  options: LoaderOptions,
  workerCount: number,
): Promise<{ plan: BatchPlan; workers: BatchWorker[] }> {
  const { geometry, batchSize, seed, data, maxPictureSidePx = 480 } = options;
  if (data.kind !== "mix") throw new LoratError("LOADER_OPTION", `no loader for ${data.kind}`);
  const { roots, mix } = data;
  const cacheBytes = options.cacheBytes ?? Math.min(3 * 2 ** 30, totalmem() / 8);
  const manifest = await scanData(roots);
  const pictures = sharePictures(manifest.files, cacheBytes, maxPictureSidePx);
  const plan: BatchPlan = { geometry, batchSize, seed, mix, manifest, pictures };
  const workers =
    workerCount === 0
      ? [inlineWorker(plan)]
      : Array.from({ length: workerCount }, () => threadWorker(plan, options.workerFile));
  return { plan, workers };
}

/** Counts what {@link LoaderStats} reports. */
class Tally {
  readonly #batchSize: number;
  readonly #sources: Partial<Record<SourceName, number>> = {};
  readonly #decoded = new Map<number, number>();
  #first: number | undefined;
  #waitedMs = 0;
  #busyMs = 0;
  #batches = 0;

  constructor(batchSize: number) {
    this.#batchSize = batchSize;
  }

  add(asked: number, sources: readonly SourceName[], busyMs: number, decoded: number, worker: number): void {
    this.#first ??= asked;
    this.#waitedMs += performance.now() - asked;
    this.#busyMs += busyMs;
    this.#batches++;
    this.#decoded.set(worker, decoded);
    for (const name of sources) this.#sources[name] = (this.#sources[name] ?? 0) + 1;
  }

  stats(): LoaderStats {
    const elapsed = this.#first === undefined ? 0 : performance.now() - this.#first;
    const samples = this.#batches * this.#batchSize;
    return {
      batches: this.#batches,
      samples,
      waitShare: elapsed > 0 ? this.#waitedMs / elapsed : 0,
      pairsPerWorkerSecond: this.#busyMs > 0 ? (samples / this.#busyMs) * 1000 : 0,
      decodedFiles: [...this.#decoded.values()].reduce((a, b) => a + b, 0),
      sources: { ...this.#sources },
    };
  }
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new LoratError("LOADER_OPTION", `${name} must be a whole number of at least ${least}, got ${value}`);
}
