import { workerData } from "node:worker_threads";
import sharp from "sharp";
import { answerOrders } from "../threads/worker-thread.ts";
import type { BatchPlan } from "./batch-maker.ts";
import { inlineWorker, type MadeReport } from "./batch-workers.ts";

const worker = inlineWorker(workerData as BatchPlan);
// One core per decode: other threads have pictures of their own.
sharp.concurrency(1);

/** The loading thread: the batch of a step for each order. */
answerOrders<number, MadeReport>({
  async answer(step) {
    const report = await worker.make(step);
    const { template, search, templateMask, positives, boxes, reference, referenceMask } = report.batch;
    // Ownership of the memory moves to the consumer: nothing is copied, and ONNX Runtime takes no shared memory.
    const arrays = [template, search, templateMask, positives, boxes, reference, referenceMask];
    const transfer = arrays.flatMap((array) => (array ? [array.buffer] : []));
    return { answer: report, transfer };
  },
});
