import { Worker } from "node:worker_threads";
import type { Frame } from "@lorat/core";
import { fromPlainError, type PlainError, toPlainError } from "../threads/thread-error.ts";
import type { FrameRange } from "./frame-source.ts";
import type { SpareBuffers } from "./spare-buffers.ts";
import type { VideoInfo } from "./video-info.ts";

/** What the decoding thread is started with. */
export interface DecodeJob {
  readonly info: VideoInfo;
  readonly range: FrameRange;
  /** Frames that may be under way before the reader takes one. */
  readonly ahead: number;
}

/** To the decoding thread: one more frame may be sent, an array to decode into, or an end to it. */
export type DecodeOrder =
  | { readonly kind: "more" }
  | { readonly kind: "spare"; readonly data: Uint8Array }
  | { readonly kind: "stop" };

/** From the decoding thread. */
export type DecodeNews =
  | { readonly kind: "frame"; readonly frame: Frame }
  | { readonly kind: "end" }
  | { readonly kind: "error"; readonly error: PlainError };

const FRAMES_AHEAD = 4;

// A thread can only be started from JavaScript: from the TypeScript sources frames are decoded on the caller's own.
const workerUrl = import.meta.url.endsWith(".ts")
  ? undefined
  : new URL("./decode-worker.js", import.meta.url);

/** Whether {@link framesFromWorker} can be used here. */
export const hasDecodeWorker = workerUrl !== undefined;

/** {@link decodeFrames} on a thread of its own, {@link FRAMES_AHEAD} frames ahead of the reader. */
export async function* framesFromWorker(
  info: VideoInfo,
  range: FrameRange,
  spares: SpareBuffers,
): AsyncGenerator<Frame, void, void> {
  const job: DecodeJob = { info, range, ahead: FRAMES_AHEAD };
  const worker = new Worker(workerUrl!, { workerData: job });
  const order = (message: DecodeOrder, transfer: ArrayBuffer[] = []) => worker.postMessage(message, transfer);
  const news: DecodeNews[] = [];
  let wake = () => {};
  const tell = (message: DecodeNews) => {
    news.push(message);
    wake();
  };
  worker.on("message", tell);
  worker.on("error", (error) => tell({ kind: "error", error: toPlainError(error) }));
  const gone = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  gone.then(() => tell({ kind: "error", error: toPlainError(new Error("the decoding thread ended early")) }));
  const forward = (data: Uint8Array) => order({ kind: "spare", data }, [data.buffer as ArrayBuffer]);
  spares.forward = forward;
  try {
    for (;;) {
      // Only a reader that waits keeps the process alive: one that has lost interest must not.
      worker.ref();
      while (news.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      worker.unref();
      const message = news.shift()!;
      if (message.kind === "end") return;
      if (message.kind === "error") throw fromPlainError(message.error);
      order({ kind: "more" });
      yield message.frame;
    }
  } finally {
    if (spares.forward === forward) spares.forward = undefined;
    worker.ref();
    order({ kind: "stop" });
    await gone;
  }
}
