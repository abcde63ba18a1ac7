import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { LoratError } from "@lorat/graph";

/**
 * Takes a run's folder for this process; gives the function that lets it go. A lock whose process is gone is taken over.
 * Throws `RUN_LOCKED` while another process trains in the folder.
 */
export async function lockRun(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "lock.json");
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  for (;;) {
    try {
      await writeFile(path, mine, { flag: "wx" });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = await readHolder(path);
    if (holder && holder.host === hostname() && !isAlive(holder.pid)) await rm(path, { force: true });
    else if (holder) {
      throw new LoratError("RUN_LOCKED", `process ${holder.pid} on ${holder.host} is training in ${folder}`, {
        hint: `wait for it to end; if it is certain that it is gone, remove ${path}`,
      });
    }
  }
}

async function readHolder(path: string): Promise<{ pid: number; host: string } | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as { pid: number; host: string };
  } catch {
    return { pid: -1, host: "an unknown host" };
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
