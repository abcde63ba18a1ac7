/** What a rank says to the watch, one JSON object a line. */
export type ToWatch =
  | {
      readonly kind: "here";
      readonly token: string;
      readonly rank: number;
      readonly pid: number;
      readonly host: string;
      /** Whether it runs elsewhere, so that only its silence may tell that it is cut off. */
      readonly remote: boolean;
    }
  | { readonly kind: "beat" }
  /** It has told why it ends, and ends the others. */
  | { readonly kind: "failed" }
  /** Its work is done. */
  | { readonly kind: "bye" };

/** What the watch says to ranks. */
export type FromWatch =
  | { readonly kind: "beat" }
  | { readonly kind: "noted" }
  | { readonly kind: "lost"; readonly message: string };

/** Where a watch listens. */
export interface WatchPlace {
  readonly port: number;
  readonly token: string;
  /** Addresses to try, one after the other. */
  readonly addresses: readonly string[];
}

/** What the watch's process is started with. */
export interface WatchJob {
  readonly token: string;
  readonly ranks: number;
  /** Address to listen on. */
  readonly listen: string;
}

export const BEAT_MS = 1000;
/** Silence after which a rank elsewhere counts as lost: well above what a busy machine or a swapping one takes. */
export const SILENCE_MS = 12_000;
/** From the message to the end of a rank that nobody has ended by then. */
export const GRACE_MS = 4000;

/** Calls `heard` for every whole line of a stream of text. */
export function lines(heard: (line: string) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    for (const part of parts) heard(part);
  };
}

/** Time that has passed in turns of a timer: a machine that sleeps does not count. */
export function awakeClock(everyMs: number, longestMs = 3 * everyMs): () => number {
  let last = performance.now();
  let total = 0;
  return () => {
    const now = performance.now();
    total += Math.min(now - last, longestMs);
    last = now;
    return total;
  };
}
