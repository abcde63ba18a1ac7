import { LoratError } from "@lorat/graph";

/** An error as plain data: a class does not survive the way between threads. */
export interface PlainError {
  readonly code: string | undefined;
  readonly message: string;
  readonly hint: string | undefined;
  readonly issues: readonly string[];
  readonly stack: string | undefined;
}

export function toPlainError(error: unknown): PlainError {
  if (error instanceof LoratError) {
    const { code, message, hint, issues, stack } = error;
    return { code, message, hint, issues, stack };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { code: undefined, message, hint: undefined, issues: [], stack };
}

export function fromPlainError({ code, message, hint, issues, stack }: PlainError): Error {
  const error =
    code === undefined
      ? new Error(message)
      : new LoratError(code, message, { ...(hint && { hint }), issues });
  if (stack) error.stack = stack;
  return error;
}
