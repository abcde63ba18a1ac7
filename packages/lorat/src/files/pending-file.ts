import { access, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { LoratError } from "@lorat/graph";

/** An output on its way: written under another name beside its own, which it gets only when it is whole. */
export interface PendingFile {
  readonly path: string;
  /** Where to write: `NAME.PROCESS.partial`. A killed process leaves it behind, with all that was written. */
  readonly partialPath: string;
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
 * Reserves `path` as an output and makes its folder. Throws `OUTPUT_EXISTS` for a file that is there already (unless
 * `force`), `OUTPUT_IS_FOLDER`, `OUTPUT_UNWRITABLE`.
 */
export async function reserveOutput(
  path: string,
  { force = false }: OutputOptions = {},
): Promise<PendingFile> {
  await checkFree(path, force);
  const partialPath = `${path}.${process.pid}.partial`;
  try {
    await mkdir(dirname(resolve(path)), { recursive: true });
    await (await open(partialPath, "w")).close();
  } catch (cause) {
    throw unwritable(path, cause);
  }
  return {
    path,
    partialPath,
    async commit() {
      await checkFree(path, force);
      try {
        const file = await open(partialPath, "r+");
        await file.sync().finally(() => file.close());
        await rename(partialPath, path);
      } catch (cause) {
        throw unwritable(path, cause);
      }
    },
    discard: () => rm(partialPath, { force: true }),
  };
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

function unwritable(path: string, cause: unknown): LoratError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LoratError("OUTPUT_UNWRITABLE", `${path} cannot be written: ${reason}`, { cause });
}
