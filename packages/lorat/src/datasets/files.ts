import { extname } from "node:path/posix";
import { parseBoxRows } from "@lorat/core/annotations";
import { LoratError } from "@lorat/graph";
import { IMAGE_EXTENSIONS, orderImages } from "../media/image-names.ts";
import type { AnnotationSource, FolderListing } from "./annotation-source.ts";
import { type FrameNames, type FramePattern, framesOf, numberedFrames, patternName } from "./frame-names.ts";

/** A folder with what it holds. */
export interface FoundFolder extends FolderListing {
  readonly path: string;
}

/**
 * Folders that `isSequence` says are one, at most `depth` levels below `from`, in natural order; nothing inside such a
 * folder is looked at.
 */
export async function findFolders(
  source: AnnotationSource,
  from: string,
  depth: number,
  isSequence: (listing: FolderListing) => boolean,
): Promise<FoundFolder[]> {
  const listing = await source.list(from);
  if (!listing) return [];
  if (isSequence(listing)) return [{ path: from, ...listing }];
  if (depth === 0) return [];
  const found: FoundFolder[] = [];
  for (const name of listing.folders) {
    found.push(...(await findFolders(source, below(from, name), depth - 1, isSequence)));
  }
  return found;
}

/** A path below a folder, either of which may be empty. */
export function below(folder: string, name: string): string {
  return folder && name ? `${folder}/${name}` : folder || name;
}

/** The last part of a path; of the dataset's own folder where the path is empty. */
export function lastPart(source: AnnotationSource, path: string): string {
  const parts = (path || source.root).split(/[\\/]/).filter(Boolean);
  return parts.at(-1) ?? "";
}

export function isPicture(name: string): boolean {
  return IMAGE_EXTENSIONS.includes(extname(name).toLowerCase());
}

/** The pictures of a folder in natural order; none where there is no such folder. */
export async function picturesIn(source: AnnotationSource, folder: string): Promise<FrameNames> {
  const pictures = ((await source.list(folder))?.files ?? []).filter(isPicture);
  const plain = framesOf(pictures);
  if (plain.kind === "pattern") return plain;
  const { names, strays } = orderImages(folder, pictures, { allowGaps: true });
  if (strays.length > 0) source.warn("pictures that are named otherwise than the frames, left out", folder);
  return framesOf(names);
}

/**
 * Frames that are numbered by the dataset's convention: looks at the last one and the one after it, and lists the folder
 * only where these contradict the annotation.
 */
export async function countedFrames(
  source: AnnotationSource,
  folder: string,
  pattern: FramePattern,
  start: number,
  count: number,
): Promise<FrameNames> {
  const has = (number: number) => source.hasPicture(below(folder, patternName(pattern, number)));
  const [last, next] = await Promise.all([has(start + count - 1), has(start + count)]);
  return last && !next ? numberedFrames(pattern, start, count) : picturesIn(source, folder);
}

/** Boxes of a file as they are written, `[rows, 4]`. Throws `BOXES_NOT_FOUND` and `BOXES_MALFORMED`. */
export async function readRows(source: AnnotationSource, path: string): Promise<Float64Array> {
  return parseBoxRows(await requireText(source, path), path);
}

/** Text of a file that must be there. Throws `BOXES_NOT_FOUND`. */
export async function requireText(source: AnnotationSource, path: string): Promise<string> {
  const text = await source.readText(path);
  if (text === undefined) throw new LoratError("BOXES_NOT_FOUND", `expected boxes in ${path}, found nothing`);
  return text;
}

/**
 * Flags of the frames, 0 or 1, in lines or separated by commas or spaces; undefined where there is no such file.
 * Throws `DATASET_FLAGS` for anything else and `DATASET_LENGTH` where they are not `rows`.
 */
export async function readFlags(
  source: AnnotationSource,
  path: string,
  rows: number,
): Promise<Uint8Array | undefined> {
  const text = await source.readText(path);
  if (text === undefined) return undefined;
  const words = text.replace(/^\uFEFF/, "").match(/[^\s,;]+/g) ?? [];
  const flags = words.map(Number);
  const wrong = flags.findIndex((flag) => flag !== 0 && flag !== 1);
  if (wrong >= 0) {
    throw new LoratError(
      "DATASET_FLAGS",
      `${path}: expected 0 or 1 for each frame, found ${JSON.stringify(words[wrong])} for frame ${wrong}`,
    );
  }
  if (flags.length !== rows) {
    throw new LoratError("DATASET_LENGTH", `${path} has ${flags.length} flags, ${rows} frames are annotated`);
  }
  return Uint8Array.from(flags);
}

/** 1 where any of the flags is. */
export function anyOf(rows: number, ...all: (Uint8Array | undefined)[]): Uint8Array {
  return Uint8Array.from({ length: rows }, (_, i) => (all.some((flags) => flags?.[i]) ? 1 : 0));
}

/** `[section]` files: values by key, of all sections together, keys in lower case. */
export function parseIni(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)) {
    const [, key, value] = /^\s*([^=:#;[]+?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined) values.set(key.toLowerCase(), value ?? "");
  }
  return values;
}
