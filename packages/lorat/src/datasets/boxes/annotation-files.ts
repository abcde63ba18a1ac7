import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import {
  type AnnotatedClip,
  type AnnotationFormat,
  type AnnotationFormatName,
  annotationFormats,
  type ReadContext,
  readAnnotations,
  writeAnnotations,
} from "@lorat/core/annotations";
import { LoratError } from "@lorat/graph";
import { writeWhole } from "../../files/pending-file.ts";
import { isSystemError, unwritable } from "../../files/system-error.ts";

/**
 * Reads boxes from a file, or a folder in a format of several files. The clip is named for it where the format names none. Throws
 * `BOXES_NOT_FOUND` and what `readAnnotations` throws, the path in front.
 */
export async function readAnnotationPath(
  path: string,
  format: AnnotationFormatName,
  context: ReadContext = {},
): Promise<AnnotatedClip> {
  const files = await textsOf(path, annotationFormats[format]);
  try {
    return readAnnotations(format, files, { name: basename(path).replace(/\.\w+$/, ""), ...context });
  } catch (error) {
    if (!(error instanceof LoratError)) throw error;
    const { code, message, hint, issues } = error;
    throw new LoratError(code, `${path}: ${message}`, { hint, issues, cause: error });
  }
}

/**
 * Writes boxes to a file, or to a folder in a format of several files; to a name that ends in `.txt` only the file with the boxes. Gives
 * the files written. Throws `OUTPUT_EXISTS` without `force`, `OUTPUT_UNWRITABLE`, and what `writeAnnotations` throws.
 */
export async function writeAnnotationPath(
  path: string,
  format: AnnotationFormatName,
  clip: AnnotatedClip,
  { force = false }: { readonly force?: boolean } = {},
): Promise<string[]> {
  const { beside, file }: AnnotationFormat = annotationFormats[format];
  const files = writeAnnotations(format, clip);
  const main = files.get(file);
  if (beside.length === 0 || (main !== undefined && (path === "-" || /\.txt$/i.test(path)))) {
    await writeWhole(path, main ?? "", { force });
    return [path];
  }
  await writeFolder(path, files, annotationFormats[format], force);
  return [...files.keys()].map((name) => join(path, name));
}

const DEPTH = 4;

async function textsOf(path: string, format: AnnotationFormat): Promise<Map<string, string>> {
  const info = await stat(path).catch((cause: Error) => {
    throw new LoratError("BOXES_NOT_FOUND", `${path} cannot be read: ${cause.message}`, { cause });
  });
  if (!info.isDirectory())
    return new Map([[format.beside.length > 0 ? format.file : basename(path), await textAt(path)]]);
  const names = await namesOf(path, format);
  const texts = new Map<string, string>();
  for (const name of names) texts.set(name, await textAt(join(path, name)));
  if (texts.size > 0) return texts;
  throw new LoratError("BOXES_FILES", `${path} holds no ${format.file}, which ${format.title} has`);
}

/** Names of a format's files in a folder, in the order that people count in. */
async function namesOf(folder: string, { file, beside }: AnnotationFormat): Promise<string[]> {
  const found: string[] = [];
  const visit = async (at: string, depth: number) => {
    for (const entry of await readdir(join(folder, at), { withFileTypes: true })) {
      const name = at ? `${at}/${entry.name}` : entry.name;
      if (entry.isDirectory() && depth < DEPTH) await visit(name, depth + 1);
      const isWanted = [file, ...beside].some((one) =>
        typeof one === "string" ? one === name : one.test(name),
      );
      if (!entry.isDirectory() && isWanted) found.push(name);
    }
  };
  await visit("", 1);
  return found.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

async function textAt(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: Error) => {
    throw new LoratError("BOXES_NOT_FOUND", `${path} cannot be read: ${cause.message}`, { cause });
  });
}

/** All files or none: written beside and renamed. With `force` the format's own files in the folder give way, others stay. */
async function writeFolder(
  path: string,
  files: ReadonlyMap<string, string>,
  format: AnnotationFormat,
  force: boolean,
): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  const isFull = info !== undefined && !(info.isDirectory() && (await readdir(path)).length === 0);
  if (isFull && !(force && info.isDirectory())) {
    throw new LoratError("OUTPUT_EXISTS", `${path} exists`, {
      hint: "Choose another name, or replace its boxes with --force.",
    });
  }
  const partial = `${path.replace(/[/\\]+$/, "")}.${process.pid}.partial`;
  try {
    for (const [name, text] of files) {
      await mkdir(dirname(join(partial, name)), { recursive: true });
      await writeFile(join(partial, name), text);
    }
    if (!isFull) {
      await rm(path, { recursive: true, force: true });
      await rename(partial, path);
      return;
    }
    for (const old of await namesOf(path, format)) await rm(join(path, old));
    for (const name of files.keys()) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await rename(join(partial, name), join(path, name));
    }
  } catch (error) {
    throw isSystemError(error) ? unwritable(path, error) : error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Whether one path lies within the other. */
export function overlaps(one: string, other: string): boolean {
  const inside = (a: string, b: string) => {
    const way = relative(a, b);
    return way === "" || (way !== ".." && !way.startsWith(`..${sep}`));
  };
  return inside(one, other) || inside(other, one);
}
