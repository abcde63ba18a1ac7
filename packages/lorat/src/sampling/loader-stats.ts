import { LoratError } from "@lorat/graph";
import type { MadeReport } from "./batch-workers.ts";

/** How a loader has kept up so far. */
export interface LoaderStats {
  readonly batches: number;
  readonly samples: number;
  /** Share of the time since the first request that the consumer spent waiting, 0 to 1. */
  readonly waitShare: number;
  /** Pairs a second that one worker makes while it works. */
  readonly pairsPerWorkerSecond: number;
  readonly decodedFiles: number;
  /** Samples from each source of a mix, or from each dataset. */
  readonly sources: Readonly<Record<string, number>>;
  readonly unreadable: Unreadable;
}

/** Pictures that could not be read; the samples that wanted them were redrawn. */
interface Unreadable {
  readonly count: number;
  /** Of the pictures asked for, 0 to 1. */
  readonly share: number;
  /** Paths of the first different ones. */
  readonly files: readonly string[];
}

/** Unreadable files that are named. */
const NAMED = 20;
/** Pictures asked for before their unreadable share says anything. */
const ENOUGH = 100;

/** Counts what {@link LoaderStats} reports; only batches that were handed out count, whatever was made ahead. */
export class Tally {
  readonly #batchSize: number;
  readonly #maxUnreadableShare: number;
  readonly #sources: Record<string, number> = {};
  readonly #decoded = new Map<number, number>();
  readonly #files = new Set<string>();
  #first: number | undefined;
  #waitedMs = 0;
  #busyMs = 0;
  #batches = 0;
  #requested = 0;
  #unreadable = 0;

  constructor(batchSize: number, maxUnreadableShare: number) {
    this.#batchSize = batchSize;
    this.#maxUnreadableShare = maxUnreadableShare;
  }

  add(asked: number, { batch, busyMs, decoded }: MadeReport, worker: number): void {
    this.#first ??= asked;
    this.#waitedMs += performance.now() - asked;
    this.#busyMs += busyMs;
    this.#batches++;
    this.#decoded.set(worker, decoded);
    for (const name of batch.sources) this.#sources[name] = (this.#sources[name] ?? 0) + 1;
    this.#requested += batch.readings.requested;
    this.#unreadable += batch.readings.unreadable.length;
    for (const file of batch.readings.unreadable) if (this.#files.size < NAMED) this.#files.add(file);
  }

  /** Throws `DATA_UNREADABLE` when too large a share of the pictures cannot be read. */
  checkReadable(): void {
    const { count, share, files } = this.#unreadables();
    if (this.#requested < ENOUGH || share <= this.#maxUnreadableShare) return;
    const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
    throw new LoratError(
      "DATA_UNREADABLE",
      `${count} of ${this.#requested} pictures (${percent(share)}) cannot be read, at most ${percent(this.#maxUnreadableShare)} may`,
      { hint: "Replace the files, or allow more with maxUnreadableShare.", issues: files },
    );
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
      unreadable: this.#unreadables(),
    };
  }

  #unreadables(): Unreadable {
    const share = this.#requested > 0 ? this.#unreadable / this.#requested : 0;
    return { count: this.#unreadable, share, files: [...this.#files] };
  }
}
