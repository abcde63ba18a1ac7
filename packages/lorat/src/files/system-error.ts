import { LoratError } from "@lorat/graph";

/** Errors of the system that a user can put right: a full disk, a quota, no permission, a read-only or broken disk. */
const OUTSIDE_CODES: ReadonlySet<string> = new Set([
  ...["ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO", "ENXIO", "EPIPE"],
  ...["ENAMETOOLONG", "EMFILE", "ENFILE", "EISDIR", "ENOTDIR", "ENOENT", "ELOOP", "EBUSY", "ETXTBSY"],
]);

/** Whether an error is one that the system reported of a file. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error &&
    "syscall" in error &&
    OUTSIDE_CODES.has(String((error as { code?: unknown }).code))
  );
}

/** An output that cannot be written, with the system's reason. */
export function unwritable(path: string, cause: unknown): LoratError {
  if (cause instanceof LoratError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const hint = hintOf(cause);
  return new LoratError("OUTPUT_UNWRITABLE", `${path} cannot be written: ${reason}`, {
    cause,
    hint,
  });
}

function hintOf(cause: unknown): string | undefined {
  const { code } = (cause ?? {}) as { code?: unknown };
  if (code === "ENOSPC" || code === "EDQUOT") return "Make room on that disk, or choose another place.";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return "Choose a place that you may write to.";
  return undefined;
}
