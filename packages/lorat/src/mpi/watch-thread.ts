// A thread of each rank that keeps in touch with the watch while the main one computes.
import { writeSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import {
  awakeClock,
  BEAT_MS,
  type FromWatch,
  GRACE_MS,
  lines,
  SILENCE_MS,
  type ToWatch,
  type WatchPlace,
} from "./watch-messages.ts";

/** What the thread is started with. */
export interface WatchedRank extends WatchPlace {
  readonly rank: number;
  readonly host: string;
  readonly remote: boolean;
}

/** What it says: it is in touch, or nobody can be reached; a message was noted. */
export type WatchNews = { readonly kind: "ready" | "alone" | "noted" };

const CONNECT_MS = 3000;
const { addresses, port, token, rank, host, remote } = workerData as WatchedRank;
const clock = awakeClock(BEAT_MS);
const news = (kind: WatchNews["kind"]) => parentPort!.postMessage({ kind } satisfies WatchNews);

function reach(address: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: CONNECT_MS });
    const fail = () => {
      socket.destroy();
      resolve(undefined);
    };
    socket.once("error", fail).once("timeout", fail);
    socket.once("connect", () => {
      socket.off("error", fail).off("timeout", fail).setTimeout(0);
      resolve(socket);
    });
  });
}

async function run(): Promise<void> {
  let socket: Socket | undefined;
  for (const address of addresses) socket ??= await reach(address);
  if (!socket) {
    news("alone");
    parentPort!.close();
    return;
  }
  const line = socket;
  let heardMs = clock();
  let leaving = false;
  let ending = false;
  let isReady = false;
  const say = (message: ToWatch) => line.write(`${JSON.stringify(message)}\n`);
  /** Nobody else may be able to end this process: its main thread can wait in MPI for ever. */
  const end = (afterMs: number) => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.kill(process.pid, "SIGKILL"), afterMs);
  };
  const cutOff = (why: string) => {
    if (leaving || ending) return;
    writeSync(2, `error[RANK_CUT_OFF]: rank ${rank} (process ${process.pid} on ${host}): ${why}; it ends\n`);
    end(0);
  };
  line.setEncoding("utf8");
  line.setNoDelay(true);
  line.on("error", () => {});
  line.on(
    "data",
    lines((text) => {
      heardMs = clock();
      const message = JSON.parse(text) as FromWatch;
      if (message.kind === "lost" && !leaving) end(GRACE_MS);
      if (message.kind === "noted") {
        news(isReady ? "noted" : "ready");
        isReady = true;
      }
    }),
  );
  line.on("close", () => {
    if (leaving) parentPort!.close();
    // On the first rank's own machine the watch alone may have been ended; elsewhere its machine is gone.
    else if (remote) cutOff("the connection to the first rank's machine is gone");
  });
  parentPort!.on("message", (kind: "failed" | "bye") => {
    leaving = true;
    say({ kind });
    if (kind === "bye") line.end();
  });
  say({ kind: "here", token, rank, pid: process.pid, host, remote });
  const timer = setInterval(() => {
    const silence = clock() - heardMs;
    if (line.destroyed) return clearInterval(timer);
    if (remote && !leaving) say({ kind: "beat" });
    if (remote && silence > SILENCE_MS) {
      cutOff(`nothing was heard of the first rank's machine for ${Math.round(silence / 1000)} s`);
    }
  }, BEAT_MS);
}

await run();
