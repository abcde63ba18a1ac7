import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { LoratError } from "@lorat/graph";
import sharp from "sharp";
import { builtFile } from "../threads/built-file.ts";
import type { WorkerReply } from "./batch-maker.ts";
import { type BatchPlan, createBatchMaker, type MadeBatch } from "./batch-maker.ts";

/** A finished batch, and what making it took. */
export interface MadeReport {
  readonly batch: MadeBatch;
  readonly busyMs: number;
  readonly decoded: number;
}

/** Something that makes the batch of a step; `close` ends its threads. */
export interface BatchWorker {
  make(step: number): Promise<MadeReport>;
  close(): Promise<void>;
}

/** Makes batches in this thread, when they are asked for. */
export function inlineWorker(plan: BatchPlan): BatchWorker {
  // Files are named to the decoder, which would otherwise keep an old picture where a file was replaced.
  sharp.cache(false);
  const maker = createBatchMaker(plan);
  return {
    async make(step) {
      const started = performance.now();
      const batch = await maker.make(step);
      return { batch, busyMs: performance.now() - started, decoded: maker.decoded() };
    },
    close: async () => {},
  };
}

/** Makes batches in a worker thread. Throws `LOADER_NOT_BUILT` when the worker's file is missing. */
export function threadWorker(plan: BatchPlan, file: URL = builtFile("sampling/loader-worker")): BatchWorker {
  if (!existsSync(fileURLToPath(file))) {
    throw new LoratError("LOADER_NOT_BUILT", `the loader's worker is not at ${fileURLToPath(file)}`, {
      hint: "Run `npm run build`, or use workers: 0.",
    });
  }
  const worker = new Worker(file, { workerData: plan });
  worker.unref();
  const waiting = new Map<number, { resolve(report: MadeReport): void; reject(error: unknown): void }>();
  const fail = (error: unknown) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  let closed = false;
  worker.on("message", (reply: WorkerReply) => {
    // A batch that was finished while the thread is being ended: nobody waits for it, but for that end somebody does, and
    // letting go of the thread here would let the process end before it.
    if (closed) return;
    const promise = waiting.get(reply.step);
    waiting.delete(reply.step);
    if (waiting.size === 0) worker.unref();
    if (reply.kind === "batch") promise?.resolve(reply);
    else {
      const { code, message, hint, issues, stack } = reply;
      const cause = stack === undefined ? undefined : { stack };
      promise?.reject(
        new LoratError(code, message, { ...(hint === undefined ? {} : { hint }), issues, cause }),
      );
    }
  });
  worker.on("error", (cause) =>
    fail(new LoratError("LOADER_FAILED", `a loader thread failed: ${cause}`, { cause })),
  );
  worker.on("exit", (code) => {
    if (!closed || waiting.size > 0)
      fail(new LoratError("LOADER_FAILED", `a loader thread ended with status ${code}`));
  });
  return {
    make(step) {
      worker.ref();
      return new Promise((resolve, reject) => {
        waiting.set(step, { resolve, reject });
        worker.postMessage(step);
      });
    },
    async close() {
      closed = true;
      waiting.clear();
      await worker.terminate();
    },
  };
}
