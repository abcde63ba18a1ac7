import { parentPort, workerData } from "node:worker_threads";
import sharp from "sharp";
import type { EvalSequence } from "../../datasets/eval-sequence.ts";
import { offerToUserModules } from "../../files/user-module.ts";
import { toPlainError } from "../../threads/thread-error.ts";
import { type EvalJob, type EvalNews, type EvalOrder, inlineRunner } from "./eval-runner.ts";

offerToUserModules("lorat", () => import("../../index.ts"));

/** The evaluating thread: one sequence after the other, as they are asked for. */
const port = parentPort!;
const runner = inlineRunner(workerData as EvalJob);
// One core for a picture: the other threads have pictures of their own.
sharp.concurrency(1);

const NEWS_MS = 100;

const tell = (news: EvalNews, transfer: ArrayBuffer[] = []) => port.postMessage(news, transfer);
let stopping = new AbortController();
let running: Promise<void> = Promise.resolve();

port.on("message", (order: EvalOrder) => {
  if (order.kind === "open") {
    running = runner.open().then(() => tell({ kind: "opened" }), tellError);
  } else if (order.kind === "stop") {
    stopping.abort();
  } else if (order.kind === "run") {
    stopping = new AbortController();
    running = run(order.sequence, stopping.signal);
  } else {
    stopping.abort();
    void running.then(() => runner.close()).finally(() => port.close());
  }
});

async function run(sequence: EvalSequence, signal: AbortSignal): Promise<void> {
  let told = 0;
  const onPicture = (done: number) => {
    const now = performance.now();
    if (now - told < NEWS_MS) return;
    told = now;
    tell({ kind: "pictures", done });
  };
  try {
    const tracked = await runner.run(sequence, { signal, onPicture });
    const { boxes, scores, seconds } = tracked;
    tell(
      { kind: "tracked", tracked },
      [boxes, scores, seconds].map(({ buffer }) => buffer as ArrayBuffer),
    );
  } catch (error) {
    tellError(error);
  }
}

function tellError(error: unknown): void {
  tell({ kind: "error", error: toPlainError(error) });
}
