/** What a {@link LoratError} can carry beside its message. */
export interface LoratErrorOptions {
  /** What the reader can do about it, one sentence. */
  hint?: string;
  /** Several problems found at once, one line each. */
  issues?: readonly string[];
  cause?: unknown;
}

/**
 * The one error class of the project: a stable `code` for programs, a message for people, a hint on what to do.
 * Codes are upper case with the area first, for example `VIDEO_NO_TRACK` or `WEIGHTS_SHAPE`.
 */
export class LoratError extends Error {
  override readonly name = "LoratError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly issues: readonly string[];

  constructor(code: string, message: string, options: LoratErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.issues = options.issues ?? [];
  }
}

/** For hints: the candidate closest to `name` in edits, where one is close enough to be what was meant. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = edits(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Letters to insert, remove, replace or swap with their neighbour (optimal string alignment distance). */
function edits(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
