import { Worker } from "node:worker_threads";
import type { Frame } from "@lorat/core";
import { fromPlainError, type PlainError, toPlainError } from "../threads/thread-error.ts";
import type { EncodeJob, FrameEncoder } from "./video-encoder.ts";

/** To the encoding thread, answered one by one in order. */
export type EncodeOrder =
  | { readonly kind: "frame"; readonly frame: Frame }
  | { readonly kind: "finish" }
  | { readonly kind: "cancel" };

/** From the encoding thread. */
export type EncodeNews =
  | { readonly kind: "done"; readonly data: Uint8Array | Uint8ClampedArray | undefined }
  | { readonly kind: "error"; readonly error: PlainError };

// As in video-thread.ts: a thread can only be started from JavaScript.
const workerUrl = import.meta.url.endsWith(".ts")
  ? undefined
  : new URL("./encode-worker.js", import.meta.url);

/** Whether {@link openEncoderThread} can be used here. */
export const hasEncodeWorker = workerUrl !== undefined;

/**
 * {@link openEncoder} on a thread of its own. The bytes of a frame go over to the thread and come back through
 * `release`; `add` resolves when the frame is encoded.
 */
export function openEncoderThread(
  job: EncodeJob,
  release: (data: Uint8Array | Uint8ClampedArray) => void,
): FrameEncoder {
  const worker = new Worker(workerUrl!, { workerData: job });
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  let broken: Error | undefined;
  const fail = (error: Error) => {
    broken ??= error;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.on("message", (news: EncodeNews) => {
    if (news.kind === "error") {
      const error = fromPlainError(news.error);
      broken ??= error;
      waiting.shift()?.reject(error);
      return;
    }
    if (news.data) release(news.data);
    waiting.shift()?.resolve();
    if (waiting.length === 0) worker.unref(); // a writer that is never finished must not keep the process alive
  });
  worker.on("error", (error) => fail(fromPlainError(toPlainError(error))));
  worker.on("exit", () => fail(new Error("the encoding thread has ended")));
  const ask = (order: EncodeOrder, transfer: ArrayBuffer[] = []) =>
    new Promise<void>((resolve, reject) => {
      if (broken) return reject(broken);
      worker.postMessage(order, transfer);
      waiting.push({ resolve, reject });
      worker.ref();
    });
  return {
    add: (frame) => {
      const order = { kind: "frame", frame } as const;
      // A library's own memory (an image decoder's) cannot change threads: then the bytes are copied over.
      return ask(order, [frame.data.buffer as ArrayBuffer]).catch((error: Error) => {
        if (error.name !== "DataCloneError") throw error;
        return ask(order);
      });
    },
    finish: () => ask({ kind: "finish" }),
    async cancel() {
      if (!broken) await ask({ kind: "cancel" }).catch(() => {});
      await worker.terminate();
    },
  };
}
