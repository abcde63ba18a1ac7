import { workerData } from "node:worker_threads";
import sharp from "sharp";
import type { TrackedSequence } from "../../datasets/eval-sequence.ts";
import { offerToUserModules } from "../../files/user-module.ts";
import { answerOrders } from "../../threads/worker-thread.ts";
import { type EvalJob, type EvalNews, type EvalNote, type EvalOrder, inlineRunner } from "./eval-runner.ts";

offerToUserModules("lorat", () => import("../../index.ts"));

const runner = inlineRunner(workerData as EvalJob);
// One core for a picture: the other threads have pictures of their own.
sharp.concurrency(1);

const NEWS_MS = 100;
let stopping = new AbortController();

/** The evaluating thread: one sequence after the other, as they are asked for. */
answerOrders<EvalOrder, TrackedSequence | undefined, EvalNews, EvalNote>({
  async answer(order, say) {
    if (order.kind === "open") {
      await runner.open();
      return { answer: undefined };
    }
    stopping = new AbortController();
    let told = 0;
    const onPicture = (done: number) => {
      const now = performance.now();
      if (now - told < NEWS_MS) return;
      told = now;
      say(done);
    };
    const tracked = await runner.run(order.sequence, { signal: stopping.signal, onPicture });
    const { boxes, scores, seconds } = tracked;
    return { answer: tracked, transfer: [boxes, scores, seconds].map(({ buffer }) => buffer) };
  },
  note: () => stopping.abort(),
  close: () => runner.close(),
});
