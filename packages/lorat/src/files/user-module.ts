import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { LoratError } from "@lorat/graph";

const offered = new Map<string, () => Promise<object>>([
  ["@lorat/core", () => import("@lorat/core")],
  ["@lorat/core/geometry", () => import("@lorat/core/geometry")],
  ["@lorat/core/metrics", () => import("@lorat/core/metrics")],
  ["@lorat/core/model", () => import("@lorat/core/model")],
  ["@lorat/core/training", () => import("@lorat/core/training")],
  ["@lorat/core/weights", () => import("@lorat/core/weights")],
]);

/**
 * Lets modules of users import one of the running program's own modules by `name`. Called by what starts a program or a thread,
 * with the package's public face: this file stands below it and must not import it.
 */
export function offerToUserModules(name: string, load: () => Promise<object>): void {
  offered.set(name, load);
}

/**
 * Imports a user's module and gives its exports. TypeScript needs no compiling. The names of {@link offerToUserModules} are the
 * running program's own modules and need not be installed near it. Throws a {@link LoratError} with `code` when the module cannot
 * be read or fails.
 */
export async function importUserModule(path: string, code: string): Promise<Record<string, unknown>> {
  await access(path).catch((cause: Error) => {
    throw new LoratError(code, `${path} cannot be read: ${cause.message}`, { cause });
  });
  try {
    const virtualModules: Record<string, object> = {};
    for (const [name, load] of offered) virtualModules[name] = await load();
    const { createJiti } = await import("jiti");
    const jiti = createJiti(pathToFileURL(resolve(path)).href, {
      fsCache: false,
      interopDefault: false,
      virtualModules,
    });
    return await jiti.import(resolve(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LoratError(code, `${path} cannot be loaded: ${reason}`, { cause });
  }
}
