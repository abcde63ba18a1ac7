import { statSync } from "node:fs";
import { access, readdir, readFile, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { LoratError } from "@lorat/graph";
import sharp from "sharp";
import { decodePicture } from "../media/decode-picture.ts";

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** What a folder holds, each in natural order (`2` before `10`). */
export interface FolderListing {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** State of a file or folder that the annotation depends on; -1 is the size of a folder, -2 of what is not there. */
export interface WatchedPath {
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/** A dataset's folder as its reader sees it; paths are relative to it. Remembers what was read, and what was odd. */
export interface AnnotationSource {
  readonly root: string;
  /** The annotation file where one was given instead of a folder; `root` is then its folder. */
  readonly file: string | undefined;
  /** Undefined where there is no such folder. */
  list(folder: string): Promise<FolderListing | undefined>;
  /** Undefined where there is no such file. */
  readText(path: string): Promise<string | undefined>;
  readBytes(path: string): Promise<Buffer | undefined>;
  /** Whether a picture is there; pictures are not watched. */
  hasPicture(path: string): Promise<boolean>;
  /** Size out of a picture's header, as stored; undefined where it cannot be read. */
  pictureSize(path: string): Promise<PictureSize | undefined>;
  /** Notes an oddity that does not keep a sequence from being used. */
  warn(what: string, where: string): void;
  /** Adds a file or folder to those whose change makes the index invalid. */
  watch(path: string): void;
  readonly watched: readonly WatchedPath[];
  /** Each oddity once, with the places that it was found at. */
  warnings(): string[];
  /** Annotation files read. */
  readonly filesRead: number;
}

/** A dataset in a folder (or beside a single annotation file). Reading throws `DATASET_UNREADABLE`. */
export function folderSource(
  root: string,
  { file, signal }: { file?: string | undefined; signal?: AbortSignal | undefined } = {},
): AnnotationSource {
  const watched = new Map<string, WatchedPath>();
  const odd = new Map<string, string[]>();
  let filesRead = 0;
  const full = (path: string) => (isAbsolute(path) ? path : join(root, path));
  const watch = (path: string) => {
    watched.set(path, watchPath(root, path));
  };

  async function readBytes(path: string): Promise<Buffer | undefined> {
    signal?.throwIfAborted();
    watch(path);
    try {
      const bytes = await readFile(full(path));
      filesRead++;
      return bytes;
    } catch (cause) {
      return missing(cause, full(path));
    }
  }

  return {
    root,
    file,
    readBytes,
    watch,
    async list(folder) {
      signal?.throwIfAborted();
      watch(folder);
      try {
        return await listFolder(full(folder));
      } catch (cause) {
        return missing(cause, full(folder));
      }
    },
    readText: async (path) => (await readBytes(path))?.toString("utf8"),
    hasPicture: (path) =>
      access(full(path)).then(
        () => true,
        () => false,
      ),
    async pictureSize(path) {
      try {
        const isOther = /\.(bmp|p[bgpn]m)$/i.test(path);
        const { width, height } = isOther
          ? await decodePicture(full(path), { code: "DATASET_PICTURE" })
          : await sharp(full(path)).metadata();
        return { width, height };
      } catch {
        return undefined;
      }
    },
    warn(what, where) {
      const places = odd.get(what);
      if (places) places.push(where);
      else odd.set(what, [where]);
    },
    get watched() {
      return [...watched.values()];
    },
    get filesRead() {
      return filesRead;
    },
    warnings: () => [...odd].map(([what, places]) => `${what}: ${summarise(places)}`),
  };
}

/** Present state of a path. Synchronous: many thousands are asked for at a start, and each takes microseconds. */
export function watchPath(root: string, path: string): WatchedPath {
  const info = statSync(isAbsolute(path) ? path : join(root, path), { throwIfNoEntry: false });
  if (!info) return { path, size: -2, modifiedMs: 0 };
  return { path, size: info.isDirectory() ? -1 : info.size, modifiedMs: info.mtimeMs };
}

/** The first few of several things by name, and how many more there are. */
export function summarise(names: readonly string[], shown = 3): string {
  const sorted = [...names].sort(compareNatural);
  const rest = sorted.length - shown;
  return rest > 0 ? `${sorted.slice(0, shown).join(", ")} and ${rest} more` : sorted.join(", ");
}

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Order of names in which `2` comes before `10`. */
export function compareNatural(a: string, b: string): number {
  return natural.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

async function listFolder(folder: string): Promise<FolderListing> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders: string[] = [];
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    let isFolder = entry.isDirectory();
    // Datasets are often made of links to where the disks are.
    if (entry.isSymbolicLink()) {
      isFolder = await stat(join(folder, entry.name)).then(
        (info) => info.isDirectory(),
        () => false,
      );
    }
    (isFolder ? folders : files).push(entry.name);
  }
  return { folders: sortNames(folders), files: sortNames(files) };
}

function sortNames(names: string[]): string[] {
  const { length } = names[0] ?? "";
  // Numbers of one width are in natural order as plain text, which a folder of a million pictures feels.
  return names.every((name) => name.length === length) ? names.sort() : names.sort(compareNatural);
}

function missing(cause: unknown, path: string): undefined {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  throw new LoratError("DATASET_UNREADABLE", `${path} cannot be read: ${message}`, { cause });
}
