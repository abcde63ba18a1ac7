import { LoratError } from "@lorat/graph";
import sharp from "sharp";
import { builtFile, requireScript } from "../threads/built-file.ts";
import { WorkerThread } from "../threads/worker-thread.ts";
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

/** Makes batches in a worker thread. Throws `LOADER_NOT_BUILT` when the worker's file is missing, `LOADER_FAILED` when it ends. */
export function threadWorker(plan: BatchPlan, file: URL = builtFile("sampling/loader-worker")): BatchWorker {
  requireScript(file, "LOADER_NOT_BUILT", "the loader's worker", "Run `npm run build`, or use workers: 0.");
  const code = "LOADER_FAILED";
  const thread = new WorkerThread<number, MadeReport>(file, plan, { code, name: "a loader thread" });
  return {
    make: (step) =>
      thread.ask(step).catch((cause: Error) => {
        throw cause instanceof LoratError ? cause : new LoratError(code, cause.message, { cause });
      }),
    close: () => thread.terminate(),
  };
}
