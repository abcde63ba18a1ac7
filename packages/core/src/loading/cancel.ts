import { LoratError } from "@lorat/graph";

/** Throws `LOAD_CANCELLED` where the signal was given. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new LoratError("LOAD_CANCELLED", "loading the model was cancelled", { cause: signal.reason });
}

/**
 * The promise, or `LOAD_CANCELLED` as soon as the signal is given; what the promise still brings is then handed to `discard`.
 */
export async function cancellable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  discard: (value: T) => unknown,
): Promise<T> {
  if (!signal) return promise;
  let onAbort = () => {};
  const cancelled = new Promise<never>((_, reject) => {
    onAbort = () => {
      try {
        throwIfCancelled(signal);
      } catch (error) {
        reject(error);
      }
    };
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([promise, cancelled]);
  } catch (error) {
    void promise.then(discard, () => undefined);
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
