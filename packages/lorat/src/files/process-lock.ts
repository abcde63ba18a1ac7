import { link, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { z } from "zod";

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
  if (!isAlive(pid)) return false;
  return started === undefined || started === (await startOf(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When a process started, in the clock ticks of Linux; undefined elsewhere. */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the program's name in parentheses and may hold blanks; the start is the 22nd.
  return text?.slice(text.lastIndexOf(")") + 2).split(" ")[19];
}
