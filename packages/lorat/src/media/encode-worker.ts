import { parentPort, workerData } from "node:worker_threads";
import { toPlainError } from "../threads/thread-error.ts";
import type { EncodeNews, EncodeOrder } from "./encode-thread.ts";
import { type EncodeJob, openEncoder } from "./video-encoder.ts";

/** The encoding thread: does orders one after the other and sends each frame's bytes back. */
const port = parentPort!;
const opening = openEncoder(workerData as EncodeJob);
opening.catch(() => {}); // reported with the first order

const tell = (news: EncodeNews, transfer: ArrayBuffer[] = []) => port.postMessage(news, transfer);

async function carryOut(order: EncodeOrder): Promise<void> {
  const encoder = await opening;
  if (order.kind === "frame") {
    await encoder.add(order.frame);
    const { data } = order.frame;
    tell({ kind: "done", data }, [data.buffer as ArrayBuffer]);
    return;
  }
  if (order.kind === "finish") await encoder.finish();
  else await encoder.cancel();
  tell({ kind: "done", data: undefined });
  port.close();
}

let last = Promise.resolve();
port.on("message", (order: EncodeOrder) => {
  last = last
    .then(() => carryOut(order))
    .catch((error: unknown) => {
      tell({ kind: "error", error: toPlainError(error) });
      if (order.kind !== "frame") port.close();
    });
});
