import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { LoratError } from "@lorat/graph";
import { tryLock } from "../files/process-lock.ts";

/**
 * Takes a run's folder for this process; gives the function that lets it go. A lock whose process is gone is taken over,
 * one that a crash left unreadable too. Throws `RUN_LOCKED` while another process is at work in the folder; `doing` names that work.
 */
export async function lockRun(folder: string, doing = "training"): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const path = join(resolve(folder), "lock.json");
  const attempt = await tryLock(path);
  if (attempt.release) return attempt.release;
  const { pid, host } = attempt.holder;
  throw new LoratError("RUN_LOCKED", `process ${pid} on ${host} is ${doing} in ${folder}`, {
    hint: `wait for it to end; if it is certain that it is gone, remove ${path}`,
  });
}
