import { parentPort, workerData } from "node:worker_threads";
import { toPlainError } from "../threads/thread-error.ts";
import { SpareBuffers } from "./spare-buffers.ts";
import { decodeFrames } from "./video-frames.ts";
import type { DecodeJob, DecodeNews, DecodeOrder } from "./video-thread.ts";

/** The decoding thread: sends frames, never more than `ahead` beyond what the reader has taken. */
const port = parentPort!;
const { info, range, ahead } = workerData as DecodeJob;
const spares = new SpareBuffers();
const tell = (news: DecodeNews, transfer: ArrayBuffer[] = []) => port.postMessage(news, transfer);

let credit = ahead;
let stopped = false;
let wake = () => {};
port.on("message", (order: DecodeOrder) => {
  if (order.kind === "spare") spares.give(order.data);
  else if (order.kind === "more") credit++;
  else stopped = true;
  wake();
});

try {
  for await (const frame of decodeFrames(info, range, spares)) {
    while (credit === 0 && !stopped) await new Promise<void>((resolve) => (wake = resolve));
    if (stopped) break;
    credit--;
    tell({ kind: "frame", frame }, [frame.data.buffer as ArrayBuffer]);
  }
  tell({ kind: "end" });
} catch (error) {
  tell({ kind: "error", error: toPlainError(error) });
}
port.close();
