import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LoratError } from "@lorat/graph";
import { fromPlainError } from "../media/thread-error.ts";
import type { ProfileFigures, ProfileJob, ProfileNews, RunProgress } from "./job.ts";

export interface ChildOptions {
  /** The child's script; the built one when left out. */
  readonly script?: URL;
  readonly onRun?: RunProgress;
  /** Ends the child. */
  readonly signal?: AbortSignal;
}

/**
 * Measures one job in a fresh process. Throws `PROFILE_NOT_BUILT` when the child's script is missing, `PROFILE_MEMORY`
 * when the system ended the child, `PROFILE_STOPPED` when the signal did, `PROFILE_CHILD` when it ended otherwise, and what
 * the measurement throws.
 */
export async function runChild(job: ProfileJob, options: ChildOptions = {}): Promise<ProfileFigures> {
  const script = fileURLToPath(options.script ?? builtChild());
  if (!existsSync(script)) {
    throw new LoratError("PROFILE_NOT_BUILT", `the script that measures is not at ${script}`, {
      hint: "run `npm run build`",
    });
  }
  const stopped = () => new LoratError("PROFILE_STOPPED", "the measurement was stopped");
  if (options.signal?.aborted) throw stopped();
  const child = fork(script, { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
  const stop = () => child.kill("SIGKILL");
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      child.on("message", (news: ProfileNews) => {
        if (news.kind === "progress") options.onRun?.(news.done, news.total);
        else if (news.kind === "figures") resolve(news.figures);
        else reject(explained(job, fromPlainError(news.error)));
      });
      child.on("error", reject);
      child.on("exit", (status, signal) => {
        if (options.signal?.aborted) reject(stopped());
        else reject(unexpectedEnd(job, status, signal));
      });
      child.send(job, () => {}); // where it cannot be told, it has ended, and says so
    });
  } finally {
    options.signal?.removeEventListener("abort", stop);
    if (child.connected) child.disconnect();
    if (child.exitCode === null && child.signalCode === null) {
      await new Promise((resolve) => child.once("exit", resolve));
    }
  }
}

/** From the sources: the script that the last build left. */
function builtChild(): URL {
  const fromSource = import.meta.url.endsWith(".ts");
  return new URL(fromSource ? "../../dist/profile/child.js" : "./child.js", import.meta.url);
}

/** Allocations that fail say so in many words. */
function explained(job: ProfileJob, error: Error): Error {
  if (!/bad_alloc|allocat(e|ion)|out of memory|ENOMEM/i.test(error.message)) return error;
  return outOfMemory(job, error.message, error);
}

function unexpectedEnd(job: ProfileJob, status: number | null, signal: string | null): LoratError {
  if (signal === "SIGKILL" || signal === "SIGABRT") return outOfMemory(job, `it was ended by ${signal}`);
  return new LoratError(
    "PROFILE_CHILD",
    `the process that measured ${jobName(job)} ended with ${signal ?? `status ${status}`} before it was done`,
  );
}

function outOfMemory(job: ProfileJob, why: string, cause?: Error): LoratError {
  return new LoratError("PROFILE_MEMORY", `${jobName(job)} did not fit into memory: ${why}`, {
    hint: "end other programs, choose a smaller variant or batch, or measure on a larger machine",
    cause,
  });
}

function jobName(job: ProfileJob): string {
  if (job.kind === "forward") return `the forward pass of ${job.variant}`;
  return `${job.side === "lora" ? "LoRA" : "full fine-tuning"} of ${job.variant} at batch ${job.batch}`;
}
