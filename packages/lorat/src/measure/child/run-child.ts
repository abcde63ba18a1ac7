import { fork } from "node:child_process";
import { LoratError } from "@lorat/graph";
import { builtFile, requireScript } from "../../threads/built-file.ts";
import { fromPlainError } from "../../threads/thread-error.ts";
import type { ChildJob, ChildNews, FiguresOf, RunProgress } from "./job.ts";

export interface ChildOptions {
  /** The child's script; default: the built one. */
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
export async function runChild<Job extends ChildJob>(
  job: Job,
  options: ChildOptions = {},
): Promise<FiguresOf<Job>> {
  const name = jobName(job);
  const file = options.script ?? builtFile("measure/child/child");
  const script = requireScript(file, "PROFILE_NOT_BUILT", "the script that measures");
  const stopped = () => new LoratError("PROFILE_STOPPED", "the measurement was stopped");
  if (options.signal?.aborted) throw stopped();
  const child = fork(script, { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
  const stop = () => child.kill("SIGKILL");
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      child.on("message", (news: ChildNews) => {
        if (news.kind === "progress") options.onRun?.(news.done, news.total);
        else if (news.kind === "figures") resolve(news.figures as FiguresOf<Job>);
        else reject(explained(name, fromPlainError(news.error)));
      });
      child.on("error", reject);
      child.on("exit", (status, signal) => {
        if (options.signal?.aborted) reject(stopped());
        else reject(unexpectedEnd(name, status, signal));
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

/** Allocations that fail say so in many words. */
function explained(name: string, error: Error): Error {
  if (!/bad_alloc|allocat(e|ion)|out of memory|ENOMEM/i.test(error.message)) return error;
  return outOfMemory(name, error.message, error);
}

function unexpectedEnd(name: string, status: number | null, signal: string | null): LoratError {
  if (signal === "SIGKILL" || signal === "SIGABRT") return outOfMemory(name, `it was ended by ${signal}`);
  return new LoratError(
    "PROFILE_CHILD",
    `the process that measured ${name} ended with ${signal ?? `status ${status}`} before it was done`,
  );
}

function outOfMemory(name: string, why: string, cause?: Error): LoratError {
  return new LoratError("PROFILE_MEMORY", `${name} did not fit into memory: ${why}`, {
    hint: "end other programs, choose a smaller variant or batch, or measure on a larger machine",
    cause,
  });
}

function jobName(job: ChildJob): string {
  if (job.kind === "many-frames") return "memory over many frames";
  if (job.kind === "forward") return `the forward pass of ${job.variant}`;
  return `${job.side === "lora" ? "LoRA" : "full fine-tuning"} of ${job.variant} at batch ${job.batch}`;
}
