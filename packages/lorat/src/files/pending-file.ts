import { access, mkdir, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { LoratError } from "@lorat/graph";
import { copyIntoStream, outputPlace } from "./output-place.ts";
import { isSystemError, unwritable } from "./system-error.ts";

/** An output on its way: written under another name beside its own, which it gets only when it is whole. */
interface PendingFile {
  readonly path: string;
  /** Where to write: `NAME.PROCESS.partial`. A killed process leaves it behind, with all that was written. */
  readonly partialPath: string;
  /**
   * Set where the output is no regular file: a device, a pipe, standard output. It is written to, never replaced: `commit`
   * copies what was written into it.
   */
  readonly isStream: boolean;
  /** Brings what was written to the disk and gives it its name. Throws `OUTPUT_EXISTS`, `OUTPUT_UNWRITABLE`. */
  commit(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

export interface OutputOptions {
  /** Replace a file that exists. */
  force?: boolean;
}

/**
 * Reserves `path` as an output and makes its folder; `-` is standard output. A link stays and the file that it leads to is
 * written. Throws `OUTPUT_EXISTS` for a file that is there already (unless `force`), `OUTPUT_IS_FOLDER`,
 * `OUTPUT_UNWRITABLE`.
 */
export async function reserveOutput(
  path: string,
  { force = false }: OutputOptions = {},
): Promise<PendingFile> {
  const place = await outputPlace(path);
  if (!place.isStream) await checkFree(place.path, force);
  const { partialPath } = place;
  try {
    if (!place.isStream) await makeFolder(dirname(resolve(place.path)));
    await (await open(partialPath, "w")).close();
  } catch (cause) {
    throw unwritable(path, cause);
  }
  const discard = () => rm(partialPath, { force: true });
  return {
    path,
    partialPath,
    isStream: place.isStream,
    async commit() {
      if (!place.isStream) await checkFree(place.path, force);
      try {
        if (place.isStream) {
          await copyIntoStream(partialPath, path);
          await discard();
          return;
        }
        const file = await open(partialPath, "r+");
        await file.sync().finally(() => file.close());
        await rename(partialPath, place.path);
      } catch (cause) {
        throw unwritable(path, cause);
      }
    },
    discard,
  };
}

/**
 * Writes an output as a whole: `fill` writes to the path that it is given, which then gets its name. Nothing is left where
 * that fails. Throws what {@link reserveOutput} and `fill` throw; a full disk and its like are `OUTPUT_UNWRITABLE`.
 */
export async function writeOutput<T>(
  path: string,
  options: OutputOptions,
  fill: (partialPath: string) => Promise<T>,
): Promise<T> {
  const pending = await reserveOutput(path, options);
  try {
    const filled = await fill(pending.partialPath);
    await pending.commit();
    return filled;
  } catch (error) {
    await pending.discard();
    throw isSystemError(error) ? unwritable(path, error) : error;
  }
}

/** {@link writeOutput} of a text or bytes that are at hand. */
export function writeWhole(
  path: string,
  content: string | Uint8Array,
  options: OutputOptions = {},
): Promise<void> {
  return writeOutput(path, options, (partialPath) => writeFile(partialPath, content));
}

/** {@link writeOutput} of a value as JSON, for people to read too. */
export function writeJson(path: string, value: unknown, options: OutputOptions = {}): Promise<void> {
  return writeWhole(path, `${JSON.stringify(value, null, 2)}\n`, options);
}

/** Throws `OUTPUT_EXISTS` or `OUTPUT_IS_FOLDER` where `path` cannot become an output. */
export async function checkFree(path: string, force: boolean): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory()) {
    throw new LoratError("OUTPUT_IS_FOLDER", `${path} is a folder, the name of a file was expected`);
  }
  if (info && !force) {
    throw new LoratError("OUTPUT_EXISTS", `${path} exists`, {
      hint: "Choose another name, or replace it with --force.",
    });
  }
  if (info) {
    await access(path, 2).catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
  }
}

/** Makes a folder and those above it. Node's own way of doing so never ends in places such as `/proc`, where none can be made. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== "EEXIST") throw again;
    });
  }
}
