import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LoratError } from "@lorat/graph";

/** Whether this is the built package: a thread can only be started from JavaScript. */
export const isBuilt = !import.meta.url.endsWith(".ts");

/**
 * A built script of this package by its path among the sources, without extension: the code of a thread or of a child process. When
 * the sources run, it is the one that the last build left.
 */
export function builtFile(path: string): URL {
  return new URL(`${isBuilt ? "../" : "../../dist/"}${path}.js`, import.meta.url);
}

/** The path of a script; throws `code` where it is not there. `what` names it in the message. */
export function requireScript(file: URL, code: string, what: string, hint = "Run `npm run build`."): string {
  const path = fileURLToPath(file);
  if (!existsSync(path)) throw new LoratError(code, `${what} is not at ${path}`, { hint });
  return path;
}
