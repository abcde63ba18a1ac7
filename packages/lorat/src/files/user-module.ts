import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { LoratError } from "@lorat/graph";
import { createJiti } from "jiti";

/**
 * What a user's module exports; TypeScript needs no compiling, and `lorat` and `@lorat/core` are the running program's own, so
 * that none need be installed near it. Throws a {@link LoratError} with `code` where it cannot be read or fails.
 */
export async function importUserModule(path: string, code: string): Promise<Record<string, unknown>> {
  await access(path).catch((cause: Error) => {
    throw new LoratError(code, `${path} cannot be read: ${cause.message}`, { cause });
  });
  try {
    const virtualModules = {
      lorat: await import("../index.ts"),
      "@lorat/core": await import("@lorat/core"),
    };
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
