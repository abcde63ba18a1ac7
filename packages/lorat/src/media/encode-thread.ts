import type { Frame } from "@lorat/core";
import { builtFile } from "../threads/built-file.ts";
import { WorkerThread } from "../threads/worker-thread.ts";
import type { EncodeJob, FrameEncoder } from "./video-encoder.ts";

/** To the encoding thread. */
export type EncodeOrder =
  | { readonly kind: "frame"; readonly frame: Frame }
  | { readonly kind: "finish" }
  | { readonly kind: "cancel" };

/** Its answer: the bytes of a frame that is encoded. */
export type EncodedBytes = Frame["data"] | undefined;

/**
 * {@link openEncoder} on a thread of its own. The bytes of a frame go over to the thread and come back through
 * `release`; `add` resolves when the frame is encoded.
 */
export function openEncoderThread(job: EncodeJob, release: (data: Frame["data"]) => void): FrameEncoder {
  const thread = new WorkerThread<EncodeOrder, EncodedBytes>(builtFile("media/encode-worker"), job, {
    code: "VIDEO_ENCODE_FAILED",
    name: "the encoding thread",
  });
  return {
    async add(frame) {
      const order = { kind: "frame", frame } as const;
      const data = await thread
        .ask(order, { transfer: [frame.data.buffer as ArrayBuffer] })
        .catch((error: Error) => {
          // A library's own memory (an image decoder's) cannot change threads: then the bytes are copied over.
          if (error.name !== "DataCloneError") throw error;
          return thread.ask(order);
        });
      if (data) release(data);
    },
    async finish() {
      await thread.ask({ kind: "finish" });
      await thread.close();
    },
    async cancel() {
      await thread.ask({ kind: "cancel" }).catch(() => {});
      await thread.terminate();
    },
  };
}
