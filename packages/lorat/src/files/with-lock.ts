import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LoratError } from "@lorat/graph";
import { makeFolder } from "./pending-file.ts";
import { type LockHolder, tryLock } from "./process-lock.ts";
import { isSystemError, unwritable } from "./system-error.ts";

interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told once where another process is at the same. */
  readonly onWait?: ((holder: LockHolder) => void) | undefined;
}

/** The lock file of what is being made at `path`. */
export const lockPath = (path: string) => `${path}.lock`;

/**
 * Does work on `path` while no other process does; waits for one that is at it. Throws `WAIT_STOPPED` where the signal ends the
 * waiting, `OUTPUT_UNWRITABLE` where no lock can be made.
 */
export async function withLock<T>(
  path: string,
  { signal, onWait }: WaitOptions,
  work: () => Promise<T>,
): Promise<T> {
  let told = false;
  for (;;) {
    const attempt = await lock(path);
    if (attempt.release) return work().finally(attempt.release);
    if (!told) onWait?.(attempt.holder);
    told = true;
    await sleep(250, undefined, { signal }).catch(() => {
      throw new LoratError("WAIT_STOPPED", `stopped while process ${attempt.holder.pid} was making ${path}`);
    });
  }
}

async function lock(path: string) {
  try {
    await makeFolder(dirname(resolve(path)));
    return await tryLock(lockPath(path));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const { code, message, hint } = unwritable(dirname(path), error);
    throw new LoratError(code, message, { cause: error, hint });
  }
}
