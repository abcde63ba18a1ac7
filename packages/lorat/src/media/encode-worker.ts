import { workerData } from "node:worker_threads";
import { answerOrders } from "../threads/worker-thread.ts";
import type { EncodedBytes, EncodeOrder } from "./encode-thread.ts";
import { type EncodeJob, openEncoder } from "./video-encoder.ts";

const opening = openEncoder(workerData as EncodeJob);
opening.catch(() => {}); // thrown by the first order

/** The encoding thread: sends each frame's bytes back. */
answerOrders<EncodeOrder, EncodedBytes>({
  async answer(order) {
    const encoder = await opening;
    if (order.kind === "frame") {
      await encoder.add(order.frame);
      const { data } = order.frame;
      return { answer: data, transfer: [data.buffer] };
    }
    await (order.kind === "finish" ? encoder.finish() : encoder.cancel());
    return { answer: undefined };
  },
});
