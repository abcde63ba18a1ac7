import { parentPort, workerData } from "node:worker_threads";
import { LoratError } from "@lorat/graph";
import sharp from "sharp";
import type { WorkerReply } from "./batch-maker.ts";
import { type BatchPlan, createBatchMaker } from "./batch-maker.ts";

// One core per decode, and no cache: the picture store keeps what is worth keeping.
sharp.concurrency(1);
sharp.cache(false);

const port = parentPort;
if (!port) throw new Error("loader-worker runs as a worker thread only");
const maker = createBatchMaker(workerData as BatchPlan);

// One batch after the other: the first one asked for is the first one needed.
let last = Promise.resolve();
port.on("message", (step: number) => {
  last = last.then(() => answer(step));
});

async function answer(step: number): Promise<void> {
  const started = performance.now();
  try {
    const batch = await maker.make(step);
    const reply: WorkerReply = {
      kind: "batch",
      step,
      batch,
      busyMs: performance.now() - started,
      decoded: maker.decoded(),
    };
    const { template, search, templateMask, positives, boxes, reference, referenceMask } = batch;
    // Ownership of the memory moves to the consumer: nothing is copied, and ONNX Runtime takes no shared memory.
    const arrays = [template, search, templateMask, positives, boxes, reference, referenceMask];
    const moved = arrays.flatMap((array) => (array ? [array.buffer as ArrayBuffer] : []));
    port!.postMessage(reply, moved);
  } catch (error) {
    const known = error instanceof LoratError ? error : undefined;
    const reply: WorkerReply = {
      kind: "error",
      step,
      code: known?.code ?? "LOADER_FAILED",
      message: error instanceof Error ? error.message : String(error),
      hint: known?.hint,
      issues: known?.issues ?? [],
      stack: error instanceof Error ? error.stack : undefined,
    };
    port!.postMessage(reply);
  }
}
