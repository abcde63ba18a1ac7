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
