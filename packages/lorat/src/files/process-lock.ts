import { link, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { z } from "zod";
import { isRunning, startOf } from "./running-process.ts";

const holder = z.object({
  pid: z.int(),
  host: z.string(),
  /** When the process started, where the system tells: another process may have its number later. */
  started: z.string().optional(),
});

/** The process that holds a lock. */
export type LockHolder = z.infer<typeof holder>;

/** Either the lock, with the function that lets it go, or the process that has it. */
export type LockAttempt =
  | { readonly release: () => Promise<void> }
  | { readonly release?: undefined; readonly holder: LockHolder };

/** Locks that this process holds: its own number in a lock file may also come from a process before it. */
const ownLocks = new Set<string>();

/**
 * Takes the lock file `path` for this process, or says who has it. A lock whose process is gone is taken over, one that a crash
 * left unreadable too. Throws what the file system throws.
 */
export async function tryLock(path: string): Promise<LockAttempt> {
  const place = resolve(path);
  const started = await startOf(process.pid);
  const mine: LockHolder = { pid: process.pid, host: hostname(), started };
  for (;;) {
    if (await create(place, JSON.stringify(mine))) {
      ownLocks.add(place);
      const release = async () => {
        ownLocks.delete(place);
        await rm(place, { force: true });
      };
      return { release };
    }
    const other = await readHolder(place);
    if (other && (await isAtWork(other, place))) return { holder: other };
    await rm(place, { force: true });
  }
}

/** Makes the lock with all its contents at once; false when there is one. */
async function create(path: string, text: string): Promise<boolean> {
  const whole = `${path}.${process.pid}`;
  await writeFile(whole, text);
  try {
    await link(whole, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    // A file system without links: a lock that a crash cuts short is read as nobody's.
    return await writeFile(path, text, { flag: "wx" }).then(
      () => true,
      (cause: NodeJS.ErrnoException) => {
        if (cause.code === "EEXIST") return false;
        throw cause;
      },
    );
  } finally {
    await rm(whole, { force: true });
  }
}

async function readHolder(path: string): Promise<LockHolder | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  try {
    return holder.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function isAtWork({ pid, host, started }: LockHolder, path: string): Promise<boolean> {
  if (host !== hostname()) return true;
  if (pid === process.pid) return ownLocks.has(path);
  if (!(await isRunning(pid))) return false;
  return started === undefined || started === (await startOf(pid));
}
