import { LoratError } from "@lorat/graph";

/** An error as plain data: a class does not survive the way between threads. */
export interface PlainError {
  readonly code: string | undefined;
  readonly message: string;
  readonly hint: string | undefined;
  readonly issues: readonly string[];
  readonly stack: string | undefined;
  /** What the system reported, of a full disk for example. */
  readonly system?: { readonly code: string; readonly syscall: string; readonly path: string | undefined };
}

export function toPlainError(error: unknown): PlainError {
  if (error instanceof LoratError) {
    const { code, message, hint, issues, stack } = error;
    return { code, message, hint, issues, stack };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const plain = { code: undefined, message, hint: undefined, issues: [], stack };
  const { code, syscall, path } = (error ?? {}) as NodeJS.ErrnoException;
  return code === undefined || syscall === undefined ? plain : { ...plain, system: { code, syscall, path } };
}

export function fromPlainError({ code, message, hint, issues, stack, system }: PlainError): Error {
  const error =
    code === undefined
      ? Object.assign(new Error(message), system)
      : new LoratError(code, message, { hint, issues });
  if (stack) error.stack = stack;
  return error;
}
