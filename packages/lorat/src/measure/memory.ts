import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { availableMemory, resourceUsage } from "node:process";
import { LoratError } from "@lorat/graph";

/** The most memory that this process ever had resident, in bytes: mapped files, the runtime and Node included. */
export function peakMemory(): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(processStatus());
  // Where there is no /proc, the system's own account of the same.
  return (line ? Number(line[1]) : resourceUsage().maxRSS) * 1024;
}

function processStatus(): string {
  try {
    return readFileSync("/proc/self/status", "utf8");
  } catch {
    return "";
  }
}

/** Throws `PROFILE_MEMORY` when fewer than `bytes` of memory are free for `what`. */
export function requireMemory(what: string, bytes: number, free: number = availableMemory()): void {
  if (free >= bytes) return;
  throw new LoratError(
    "PROFILE_MEMORY",
    `${what} takes at least ${gigabytes(bytes)} of memory, ${gigabytes(free)} are free`,
    { hint: "end other programs, choose a smaller variant or batch, or measure on a larger machine" },
  );
}

/** Throws `PROFILE_DISK` when the disk of `folder` has no room for `bytes` of weights. */
export async function requireDisk(folder: string, what: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new LoratError(
    "PROFILE_DISK",
    `the weights of ${what} take ${gigabytes(bytes)}, ${folder} has ${gigabytes(free)} free`,
    { hint: "set TMPDIR to a folder on a disk with more room" },
  );
}

/** For example `2.41 GB`, thousand million bytes. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
