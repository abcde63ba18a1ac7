import { workerData } from "node:worker_threads";
import type { Frame } from "@lorat/core";
import { answerOrders } from "../threads/worker-thread.ts";
import { SpareBuffers } from "./spare-buffers.ts";
import { decodeFrames } from "./video-frames.ts";
import type { DecodeJob } from "./video-thread.ts";

const { info, range } = workerData as DecodeJob;
const spares = new SpareBuffers();
const frames = decodeFrames(info, range, spares);

/** The decoding thread: one frame for each order, undefined at the end. */
answerOrders<"next", Frame | undefined, never, Uint8Array>({
  async answer() {
    const { value: frame } = await frames.next();
    return { answer: frame ?? undefined, transfer: frame ? [frame.data.buffer] : [] };
  },
  note: (data) => spares.give(data),
  close: async () => void (await frames.return()),
});
