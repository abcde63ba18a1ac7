import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { LoratError } from "@lorat/graph";
import sharp from "sharp";
import type { EvalSequence, TrackedSequence } from "../../datasets/eval-sequence.ts";
import { builtFile } from "../../threads/built-file.ts";
import { fromPlainError, type PlainError } from "../../threads/thread-error.ts";
import type { FollowOptions } from "../../trackers/follow.ts";
import { type OpenedTracker, openTracker } from "../../trackers/open-tracker.ts";
import type { TrackerSpec } from "../../trackers/tracker-spec.ts";
import { trackSequence } from "./track-sequence.ts";

/** What a thread is started with. */
export interface EvalJob {
  readonly spec: TrackerSpec;
  /** Inside a network's operators. */
  readonly threads: number | undefined;
}

/** Said to a thread. */
export type EvalOrder =
  | { readonly kind: "open" }
  | { readonly kind: "run"; readonly sequence: EvalSequence }
  /** Give up the sequence in flight. */
  | { readonly kind: "stop" }
  | { readonly kind: "close" };

/** Said by a thread. */
export type EvalNews =
  | { readonly kind: "opened" }
  | { readonly kind: "pictures"; readonly done: number }
  | { readonly kind: "tracked"; readonly tracked: TrackedSequence }
  | { readonly kind: "error"; readonly error: PlainError };

/** Runs one sequence at a time; several of them run side by side. */
export interface EvalRunner {
  /** Opens the tracker, so that what is wrong with it is told before any sequence. Throws what {@link openTracker} throws. */
  open(): Promise<void>;
  run(sequence: EvalSequence, options: FollowOptions): Promise<TrackedSequence>;
  /** True for a thread that died. */
  hasEnded(): boolean;
  close(): Promise<void>;
}

/** A thread that hangs is ended after this. */
const CLOSE_MS = 15_000;

/** Runs in this thread. */
export function inlineRunner({ spec, threads }: EvalJob): EvalRunner {
  // Files are named to the decoder, which would otherwise keep an old picture where a file was replaced.
  sharp.cache(false);
  let opened: Promise<OpenedTracker> | undefined;
  const open = () => (opened ??= openTracker(spec, threads));
  return {
    open: async () => void (await open()),
    run: async (sequence, options) => trackSequence(await open(), sequence, options),
    hasEnded: () => false,
    close: async () => (await opened?.catch(() => undefined))?.dispose(),
  };
}

/** Runs in a worker thread. Throws `EVAL_NOT_BUILT` when the worker's file is missing; `run` throws `EVAL_FAILED` when it ends. */
export function threadRunner(job: EvalJob, file: URL = builtFile("evaluate/run/eval-worker")): EvalRunner {
  if (!existsSync(fileURLToPath(file))) {
    throw new LoratError("EVAL_NOT_BUILT", `the evaluation's worker is not at ${fileURLToPath(file)}`, {
      hint: "Run `npm run build`, or use --parallel 1.",
    });
  }
  const worker = new Worker(file, { workerData: job });
  const tell = (order: EvalOrder) => worker.postMessage(order);
  let heard: (news: EvalNews) => void = () => {};
  let fail: (error: Error) => void = () => {};
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    fail(ended);
  };
  worker.on("message", (news: EvalNews) => heard(news));
  worker.on("error", (cause) =>
    end(new LoratError("EVAL_FAILED", `an evaluation thread failed: ${cause}`, { cause })),
  );
  const exited = new Promise<void>((resolve) => {
    worker.on("exit", (status) => {
      end(new LoratError("EVAL_FAILED", `an evaluation thread ended with status ${status}`));
      resolve();
    });
  });
  /** Says something and waits for the news that `answer` takes for its answer. */
  async function ask<T>(order: EvalOrder, answer: (news: EvalNews) => T | undefined): Promise<T> {
    if (ended) throw ended;
    try {
      return await new Promise<T>((resolve, reject) => {
        fail = reject;
        heard = (news) => {
          const found = answer(news);
          if (found !== undefined) resolve(found);
          else if (news.kind === "error") reject(fromPlainError(news.error));
        };
        tell(order);
      });
    } finally {
      fail = () => {};
      heard = () => {};
    }
  }

  return {
    open: async () => void (await ask({ kind: "open" }, ({ kind }) => kind === "opened" || undefined)),
    async run(sequence, { signal, onPicture }) {
      signal?.throwIfAborted();
      const stop = () => tell({ kind: "stop" });
      signal?.addEventListener("abort", stop);
      try {
        return await ask({ kind: "run", sequence }, (news) => {
          if (news.kind === "pictures") onPicture?.(news.done);
          return news.kind === "tracked" ? news.tracked : undefined;
        });
      } catch (error) {
        throw signal?.aborted ? signal.reason : error;
      } finally {
        signal?.removeEventListener("abort", stop);
      }
    },
    hasEnded: () => ended !== undefined,
    async close() {
      if (!ended) tell({ kind: "close" });
      const late = setTimeout(() => void worker.terminate(), CLOSE_MS);
      await exited;
      clearTimeout(late);
    },
  };
}
