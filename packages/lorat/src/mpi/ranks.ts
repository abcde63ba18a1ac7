import type { Share } from "@lorat/core/training";
import { LoratError } from "@lorat/graph";
import { fromPlainError, type PlainError, toPlainError } from "../threads/thread-error.ts";
import type { Communicator } from "./communicator.ts";

/** Errors that every rank knows of: one of them tells it. */
const shared = new WeakSet<object>();

/** Whether all ranks met this error together, so that the first one's message is enough. */
export function isSharedError(error: unknown): boolean {
  return typeof error === "object" && error !== null && shared.has(error);
}

/** Ranks that work together, above the calls of MPI: plain values, agreements, one that goes ahead. */
export class Ranks implements Share {
  readonly communicator: Communicator;

  constructor(communicator: Communicator) {
    this.communicator = communicator;
  }

  get rank(): number {
    return this.communicator.rank;
  }

  get ranks(): number {
    return this.communicator.size;
  }

  /** Whether this rank is the one that writes and reports. */
  get isFirst(): boolean {
    return this.rank === 0;
  }

  /** A value of the first rank, as JSON gives it back, on all of them. */
  async fromFirst<T>(value: T): Promise<T> {
    const own = this.isFirst ? bytesOfJson(value) : undefined;
    const length = Float64Array.of(own?.length ?? 0);
    await this.communicator.sum(length);
    const bytes = own ?? new Uint8Array(length[0]!);
    await this.communicator.broadcast(bytes);
    return jsonOf(bytes) as T;
  }

  /** Every rank's value, in their order. */
  async all<T>(value: T): Promise<T[]> {
    const own = bytesOfJson(value);
    const lengths = new Float64Array(this.ranks);
    lengths[this.rank] = own.length;
    await this.communicator.sum(lengths);
    const longest = Math.max(...lengths);
    const padded = new Uint8Array(longest);
    padded.set(own);
    const gathered = await this.communicator.gather(padded);
    return Array.from(lengths, (length, k) =>
      jsonOf(gathered.subarray(k * longest, k * longest + length)),
    ) as T[];
  }

  /**
   * Runs something on the first rank while the others wait. Gives its result there, undefined elsewhere; its error is thrown
   * on all ranks.
   */
  async onFirst<T>(work: () => Promise<T>): Promise<T | undefined> {
    let result: T | undefined;
    let failure: unknown;
    if (this.isFirst) {
      try {
        result = await work();
      } catch (error) {
        failure = error;
      }
    }
    const plain = await this.fromFirst<PlainError | null>(
      failure === undefined ? null : toPlainError(failure),
    );
    if (plain === null) return result;
    const error = this.isFirst ? failure : fromPlainError(plain);
    if (typeof error === "object" && error !== null) shared.add(error);
    throw error;
  }

  /** {@link onFirst}, its result as JSON gives it back on all ranks. */
  async ofFirst<T>(work: () => Promise<T>): Promise<T> {
    return this.fromFirst<T>((await this.onFirst(work)) as T);
  }

  /**
   * Runs something on every rank; where it fails on some, all throw: the ranks' own errors first, then `RANKS_FAILED` on the
   * others.
   */
  async together<T>(work: () => Promise<T>): Promise<T> {
    let result: T | undefined;
    let failure: unknown;
    try {
      result = await work();
    } catch (error) {
      failure = error;
    }
    const failures = await this.all(failure === undefined ? null : toPlainError(failure));
    const at = failures.findIndex((one) => one !== null);
    if (at < 0) return result as T;
    const plain = fromPlainError(failures[at]!);
    const error =
      failures[0] !== null && failures[0] !== undefined
        ? plain
        : new LoratError("RANKS_FAILED", `rank ${at} failed: ${plain.message}`, {
            hint: plain instanceof LoratError ? plain.hint : undefined,
            cause: plain,
          });
    shared.add(error);
    throw error;
  }
}

function bytesOfJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value ?? null));
}

function jsonOf(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
