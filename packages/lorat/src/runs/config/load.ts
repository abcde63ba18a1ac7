import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { LoratError } from "@lorat/graph";
import type { z } from "zod";
import { importUserModule } from "../../files/user-module.ts";
import { type RunConfig, runConfigSchema } from "../run-config.ts";
import { parseConfig } from "./parse.ts";

const moduleNames = [".ts", ".mts", ".js", ".mjs"];

/** Whether an argument names a configuration file rather than a preset. */
export function isConfigFile(argument: string): boolean {
  return [...moduleNames, ".json"].includes(extname(argument));
}

/**
 * Reads a run's configuration: a JSON file, or a module whose default export is the configuration or a function, async or
 * not, that gives one. TypeScript needs no compiling. Throws `CONFIG_FILE` and what `parseRunConfig` throws.
 */
export function loadRunConfig(path: string): Promise<RunConfig> {
  return loadConfig(runConfigSchema, path);
}

/** {@link loadRunConfig} by any schema. */
export async function loadConfig<T>(schema: z.ZodType<T>, path: string): Promise<T> {
  const value = extname(path) === ".json" ? await readJson(path) : await readModule(path);
  return parseConfig(schema, value, path);
}

async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LoratError("CONFIG_FILE", `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

async function readModule(path: string): Promise<unknown> {
  const module = await importUserModule(path, "CONFIG_FILE");
  if (module.default === undefined) {
    throw new LoratError("CONFIG_FILE", `${path} has no default export`, {
      hint: "write: export default defineRun({ … })",
    });
  }
  return typeof module.default === "function" ? await module.default() : module.default;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new LoratError("CONFIG_FILE", `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
