import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readlinkSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { builtFile } from "../threads/built-file.ts";
import type { Ranks } from "./ranks.ts";
import type { WatchJob, WatchPlace } from "./watch-messages.ts";
import type { WatchedRank, WatchNews } from "./watch-thread.ts";

/** This rank's place under the watch. */
export interface Watched {
  /** Says that this rank tells itself why the job ends. */
  failed(): Promise<void>;
  /** Says that this rank's work is done. */
  leave(): Promise<void>;
}

const ANSWER_MS = 3000;

/**
 * Puts all ranks under a watch that names one that dies or is cut off, and ends the others: a process beside the first rank, to
 * which a thread of each rank keeps a connection. Undefined where there is one rank, or this one cannot reach the watch
 * (`onNotice` is told): the launcher's own care is left then.
 */
export async function watchRanks(
  ranks: Ranks,
  onNotice: (message: string) => void,
): Promise<Watched | undefined> {
  if (ranks.ranks === 1) return undefined;
  const places = await ranks.all(place());
  const together = places.every((one) => one === places[0]);
  const started = ranks.isFirst ? await startWatch(ranks.ranks, together).catch(() => null) : null;
  const watch = await ranks.fromFirst<WatchPlace | null>(started);
  if (!watch) {
    if (ranks.isFirst) onNotice("the ranks are not watched: if one dies, the launcher has to tell");
    return undefined;
  }
  const remote = places[ranks.rank] !== places[0];
  const worker = new Worker(builtFile("mpi/watch-thread"), {
    workerData: { ...watch, rank: ranks.rank, host: hostname(), remote } satisfies WatchedRank,
  });
  const answer = (...kinds: WatchNews["kind"][]) =>
    new Promise<WatchNews["kind"] | undefined>((resolve) => {
      const late = setTimeout(() => resolve(undefined), 10 * ANSWER_MS);
      worker.on("message", ({ kind }: WatchNews) => {
        if (!kinds.includes(kind)) return;
        clearTimeout(late);
        resolve(kind);
      });
      worker.on("error", () => resolve(undefined));
    });
  const first = await answer("ready", "alone");
  worker.unref();
  if (first !== "ready") {
    onNotice(
      `rank ${ranks.rank} does not reach the watch at ${watch.addresses.join(", ")} port ${watch.port}: if it dies, the launcher has to tell`,
    );
    void worker.terminate();
    return undefined;
  }
  return {
    async failed() {
      const noted = answer("noted");
      worker.postMessage("failed");
      await Promise.race([noted, new Promise((resolve) => setTimeout(resolve, ANSWER_MS))]);
    },
    async leave() {
      const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      worker.postMessage("bye");
      const late = setTimeout(() => void worker.terminate(), ANSWER_MS);
      await exited;
      clearTimeout(late);
    },
  };
}

/** Processes with the same one reach each other without a network. */
function place(): string {
  let network = "";
  try {
    network = readlinkSync("/proc/self/ns/net");
  } catch {
    // No Linux: the host's name alone.
  }
  return `${hostname()} ${network}`;
}

async function startWatch(ranks: number, together: boolean): Promise<WatchPlace> {
  const file = fileURLToPath(builtFile("mpi/watch-process"));
  if (!existsSync(file)) throw new Error(`${file} was not built`);
  const job: WatchJob = {
    token: randomBytes(16).toString("hex"),
    ranks,
    listen: together ? "127.0.0.1" : "0.0.0.0",
  };
  // A session of its own: launchers kill a rank with all of its process group.
  const child = spawn(process.execPath, [file, JSON.stringify(job)], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("error", reject).once("exit", () => reject(new Error("the watch ended")));
    child.stdout.once("data", (text: Buffer) => resolve(Number(text)));
  });
  child.stdout.destroy();
  child.unref();
  const others = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4")
      .map(({ address }) => address),
  );
  return { port, token: job.token, addresses: together ? ["127.0.0.1"] : [...others, "127.0.0.1"] };
}
