import { mkdir, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { modelFiles } from "@lorat/core/weights";
import { LoratError } from "@lorat/graph";
import { isSystemError, unwritable } from "../../files/system-error.ts";

/**
 * Makes a model folder so that it appears under its name only when it is whole: `fill` writes into a folder beside it,
 * which is renamed at the end and removed when anything fails.
 *
 * Throws `OUTPUT_EXISTS` without `force`; with it `OUTPUT_NOT_MODEL_FOLDER` where something else than a model folder would
 * be lost, `OUTPUT_HOLDS_INPUT` where one of the `inputs` would be; `OUTPUT_UNWRITABLE`.
 */
export async function makeModelFolder(
  outDir: string,
  { force, inputs }: { readonly force: boolean; readonly inputs: readonly string[] },
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await placeOf(outDir);
  await bringBack(folder);
  await checkReplaceable(folder, outDir, force, inputs);
  const partial = `${folder}.${process.pid}.partial`;
  try {
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(partial);
  } catch (cause) {
    throw unwritable(outDir, cause);
  }
  try {
    await fill(partial);
    await checkReplaceable(folder, outDir, force, inputs);
    await exchange(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw isSystemError(error) ? unwritable(outDir, error) : error;
  }
}

/** Throws what {@link makeModelFolder} would throw before anything is written: for work that takes long first. */
export async function checkModelFolder(
  outDir: string,
  { force }: { readonly force: boolean },
): Promise<void> {
  await checkReplaceable(await placeOf(outDir), outDir, force, []);
}

/** A link stays; what it leads to is replaced. */
async function placeOf(outDir: string): Promise<string> {
  const folder = resolve(outDir);
  return realpath(folder).catch(() => folder);
}

/** A process that was killed while it exchanged two folders left the old one beside its place. */
async function bringBack(folder: string): Promise<void> {
  if (await stat(folder).catch(() => undefined)) return;
  const beside = await readdir(dirname(folder)).catch(() => []);
  const left = beside.filter((name) => name.startsWith(`${basename(folder)}.`) && /\.\d+\.old$/.test(name));
  if (left.length === 1) await rename(join(dirname(folder), left[0]!), folder).catch(() => {});
}

async function checkReplaceable(
  folder: string,
  outDir: string,
  force: boolean,
  inputs: readonly string[],
): Promise<void> {
  const info = await stat(folder).catch(() => undefined);
  if (!info || (info.isDirectory() && (await readdir(folder)).length === 0)) return;
  if (!force) {
    throw new LoratError("OUTPUT_EXISTS", `${outDir} exists`, {
      hint: "Choose another name, or replace it with --force.",
    });
  }
  const known: readonly string[] = Object.values(modelFiles);
  const strangers = info.isDirectory()
    ? (await readdir(folder)).filter((name) => !known.includes(name))
    : [outDir];
  if (strangers.length > 0) {
    throw new LoratError(
      "OUTPUT_NOT_MODEL_FOLDER",
      `${outDir} is no model folder and is not replaced: it holds ${strangers[0]}`,
      {
        hint: "Choose another name, or remove it yourself.",
      },
    );
  }
  const inside = inputs.find((input) => !relative(folder, resolve(input)).startsWith(`..${sep}`));
  if (inside) {
    throw new LoratError("OUTPUT_HOLDS_INPUT", `${outDir} holds ${inside}, which is being converted`, {
      hint: "Choose another name.",
    });
  }
}

/** Puts `partial` in the place of `folder`; what was there comes back when that fails. */
async function exchange(partial: string, folder: string): Promise<void> {
  const old = `${folder}.${process.pid}.old`;
  const replaced = await rename(folder, old).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
  try {
    await rename(partial, folder);
  } catch (error) {
    if (replaced) await rename(old, folder);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
