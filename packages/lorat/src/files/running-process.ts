import { readFile } from "node:fs/promises";

/**
 * Whether a process of this machine runs. One that has ended runs no more, also while its parent has not asked how (a zombie):
 * where nothing asks, as in many containers, it keeps its number for good.
 */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const fields = await statOf(pid);
  return fields === undefined || !/^[ZX]$/.test(fields[0]!);
}

/** When a process started, in the clock ticks of Linux: another may have its number later. Undefined elsewhere. */
export async function startOf(pid: number): Promise<string | undefined> {
  return (await statOf(pid))?.[19];
}

/** The fields that Linux tells of a process, from its state on; undefined where nothing is told. */
async function statOf(pid: number): Promise<string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the program's name in parentheses and may hold blanks.
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}
