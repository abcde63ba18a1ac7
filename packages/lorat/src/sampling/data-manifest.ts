import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import type { Corners } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { z } from "zod";
import { folderSource } from "../datasets/annotation-source.ts";
import { frameName } from "../datasets/frame-names.ts";
import { readPictureFolder } from "../datasets/readers/folder.ts";
import { cornersOrNull, readBoxFile } from "./annotations.ts";

const paths = z.array(z.string().min(1)).readonly().optional();

/** Schema of the places of its data in a run's settings. */
export const dataRootsSchema = z.strictObject({
  /** Folders of pictures, searched to any depth. */
  photos: paths,
  /** Box files: `boxes.jsonl` or a COCO `instances.json`; pictures are found beside them. */
  boxes: paths,
  /** Folders of clips: a clip is a folder of numbered frames with a `groundtruth.txt`, at any depth. */
  clips: paths,
  /** Folders of cut-outs: pictures with transparency. */
  cutouts: paths,
  /** Whatever has one of these texts in its path is left out. */
  exclude: paths,
  /** Photographs are these alone, by their paths; default: all. */
  only: paths,
});

/** Folders and files that training data is read from; any part may be left out. */
export type DataRoots = Readonly<z.infer<typeof dataRootsSchema>>;

/** One boxed picture; boxes in pixels of the file. */
export interface BoxedPhoto {
  readonly file: number;
  readonly boxes: readonly Corners[];
}

/** One annotated clip; `boxes[i]` is null where the target is absent from frame `i`. */
export interface Clip {
  readonly name: string;
  readonly files: readonly number[];
  readonly boxes: readonly (Corners | null)[];
  /** Position of each frame in its source video, for the gap between two frames. */
  readonly times: readonly number[];
}

/** Everything that a loader may draw from, in an order that depends on names only; `file` numbers point into `files`. */
export interface DataManifest {
  readonly files: readonly string[];
  readonly photos: readonly number[];
  readonly boxed: readonly BoxedPhoto[];
  readonly clips: readonly Clip[];
  readonly cutouts: readonly number[];
}

const IMAGE = new Set([".jpg", ".jpeg", ".png", ".webp"]);

/**
 * Lists the training data under the given roots.
 * Throws `DATA_ROOT` for a root that does not exist and `DATA_BOXES` or `DATA_CLIP` for annotations that cannot be read.
 */
export async function scanData(roots: DataRoots): Promise<DataManifest> {
  const files: string[] = [];
  const numbers = new Map<string, number>();
  const number = (path: string): number => {
    let known = numbers.get(path);
    if (known === undefined) {
      known = files.push(path) - 1;
      numbers.set(path, known);
    }
    return known;
  };
  const isIncluded = (path: string) => !roots.exclude?.some((text) => path.includes(text));
  const chosen = roots.only && new Set(roots.only);
  const images = async (folders: readonly string[] = []) => {
    const found: string[] = [];
    for (const folder of folders) {
      for (const path of await listFiles(folder))
        if (IMAGE.has(extname(path).toLowerCase()) && isIncluded(path)) found.push(path);
    }
    return [...new Set(found)];
  };

  const boxed: BoxedPhoto[] = [];
  for (const file of roots.boxes ?? []) {
    for (const { path, boxes } of await readBoxFile(resolve(file))) {
      if (isIncluded(path) && boxes.length > 0) boxed.push({ file: number(path), boxes });
    }
  }
  const clips: Clip[] = [];
  for (const folder of roots.clips ?? []) {
    const paths = await listFiles(folder);
    const times = await readClipIndexes(paths);
    for (const path of paths) {
      if (basename(path) !== "groundtruth.txt" || !isIncluded(path)) continue;
      clips.push(await readClip(dirname(path), number, times.get(basename(dirname(path)))));
    }
  }
  return {
    photos: (await images(roots.photos)).filter((path) => chosen?.has(path) ?? true).map(number),
    cutouts: (await images(roots.cutouts)).map(number),
    boxed,
    clips,
    files,
  };
}

/** A clip, by the reader of datasets; its flags of absence are not used. Throws `DATA_CLIP`, and what that reader throws. */
async function readClip(
  folder: string,
  number: (path: string) => number,
  times: readonly number[] | undefined,
): Promise<Clip> {
  const source = folderSource(folder);
  const listing = (await source.list(""))!;
  const { boxes, folder: inside, frames } = await readPictureFolder(source, { path: "", ...listing });
  const name = basename(folder);
  if (boxes.length / 4 !== frames.count) {
    throw new LoratError(
      "DATA_CLIP",
      `${folder} has ${boxes.length / 4} rows of boxes and ${frames.count} frames`,
    );
  }
  const files = Array.from({ length: frames.count }, (_, i) =>
    number(join(folder, inside, frameName(frames, i))),
  );
  const usable = times?.length === files.length ? times : files.map((_, i) => i);
  return { name, files, boxes: cornersOrNull(boxes), times: usable };
}

const clipIndex = z.array(
  z.object({
    video: z.string().optional().catch(undefined),
    src_frames: z.array(z.number()).optional().catch(undefined),
  }),
);

/** `index.json` files beside clips may hold, per clip, where each stored frame was in its source (`src_frames`). */
async function readClipIndexes(paths: readonly string[]): Promise<Map<string, readonly number[]>> {
  const times = new Map<string, readonly number[]>();
  for (const path of paths) {
    if (basename(path) !== "index.json") continue;
    const { data = [] } = clipIndex.safeParse(JSON.parse(await readFile(path, "utf8")));
    for (const { video, src_frames } of data) if (video && src_frames) times.set(video, src_frames);
  }
  return times;
}

async function listFiles(folder: string): Promise<string[]> {
  const root = resolve(folder);
  const found = await stat(root).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new LoratError(
      "DATA_ROOT",
      `expected a folder of training data at ${root}, found ${found ? "a file" : "nothing"}`,
    );
  }
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return paths.sort((a, b) => (a < b ? -1 : 1));
}
