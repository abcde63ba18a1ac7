import { CommanderError } from "@commander-js/extra-typings";
import { LoratError } from "@lorat/graph";
import { isSystemError, unwritable } from "../files/system-error.ts";

/** Exit statuses of the command line. */
export const EXIT = { ok: 0, wrongInput: 1, wrongUsage: 2, bug: 70, interrupted: 130 } as const;

/** Codes that are wrong whatever the input holds: the command line itself has to be corrected. */
const USAGE_CODES: ReadonlySet<string> = new Set(["USAGE", "BOX_MALFORMED", "BOX_EMPTY"]);

/** A command line that cannot be meant. */
export function usageError(message: string, hint?: string): LoratError {
  return new LoratError("USAGE", message, { hint });
}

/**
 * What is printed for an error, and the exit status: `error[CODE]: message`, further problems and a hint for what a
 * user can put right; a stack only where this program is at fault.
 */
export function describeError(error: unknown): { text: string; status: number } {
  if (error instanceof CommanderError) return describeUsage(error);
  if (error instanceof LoratError) {
    const lines = [`error[${error.code}]: ${error.message}`];
    lines.push(...error.issues.map((issue) => `  - ${issue}`));
    if (error.hint) lines.push(`  hint: ${error.hint}`);
    return {
      text: lines.join("\n"),
      status: USAGE_CODES.has(error.code) ? EXIT.wrongUsage : EXIT.wrongInput,
    };
  }
  const outside = systemError(error);
  if (outside) return outside;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const cause = error instanceof Error && error.cause ? `\ncaused by: ${String(error.cause)}` : "";
  return {
    text: `error[UNEXPECTED]: this is a fault in lorat, please report it\n${stack}${cause}`,
    status: EXIT.bug,
  };
}

/** A full disk, a quota, no permission: not a fault of this program, wherever it was met. */
function systemError(error: unknown): { text: string; status: number } | undefined {
  const found = isSystemError(error) ? error : error instanceof Error ? error.cause : undefined;
  if (!isSystemError(found)) return undefined;
  const { code, message, hint } = unwritable(found.path ?? "the output", found);
  const lines = [`error[${code}]: ${message}`, ...(hint === undefined ? [] : [`  hint: ${hint}`])];
  return { text: lines.join("\n"), status: EXIT.wrongInput };
}

/** Commander's own errors, which end in `(Did you mean --box?)` where an option looks like one it knows. */
function describeUsage(error: CommanderError): { text: string; status: number } {
  if (error.exitCode === 0) return { text: "", status: EXIT.ok };
  if (error.code === "commander.help") return { text: "", status: EXIT.wrongUsage };
  const [message = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = rest.join(" ").replace(/^\(|\)$/g, "");
  const hint = suggestion || "lorat COMMAND --help lists the options of a command.";
  return { text: `error[USAGE]: ${message}\n  hint: ${hint}`, status: EXIT.wrongUsage };
}
