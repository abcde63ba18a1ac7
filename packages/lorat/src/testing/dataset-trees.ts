import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { datasetOf } from "../datasets/columns.ts";
import type { DatasetObject, DatasetSequence } from "../datasets/dataset.ts";
import { type OpenDatasetOptions, openDataset } from "../datasets/open-dataset.ts";
import { withFolder } from "./clips.ts";

/** Width and height of {@link picture}. */
export const PICTURE = { width: 64, height: 48 };

const made = new Map<string, Promise<Buffer>>();

/** A grey JPEG file; the same bytes for the same size. */
export function picture({ width, height } = PICTURE): Promise<Buffer> {
  const key = `${width}x${height}`;
  const known =
    made.get(key) ??
    sharp({ create: { width, height, channels: 3, background: "grey" } })
      .jpeg()
      .toBuffer();
  made.set(key, known);
  return known;
}

/** Contents by path; `picture` where a picture is meant. */
export type Tree = Readonly<Record<string, string | Buffer>>;

/** Writes files below a folder. */
export async function writeTree(folder: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content === "picture" ? await picture() : content);
  }
}

/** Paths of numbered pictures, for a {@link Tree}. */
export function pictures(folder: string, count: number, { first = 1, digits = 8 } = {}): Tree {
  const names = Array.from({ length: count }, (_, i) => String(first + i).padStart(digits, "0"));
  return Object.fromEntries(names.map((name) => [join(folder, `${name}.jpg`), "picture"]));
}

/** Opens a tree as a dataset of a kind, with a cache of its own. */
export async function withDataset<T>(
  kind: string,
  tree: Tree,
  use: (opened: {
    root: string;
    open: (options?: OpenTreeOptions) => ReturnType<typeof openTree>;
  }) => Promise<T>,
): Promise<T> {
  return withFolder(async (folder) => {
    const root = join(folder, "data");
    await mkdir(root);
    await writeTree(root, tree);
    const cacheDir = join(folder, "cache");
    return use({ root, open: (options) => openTree(kind, root, { cacheDir, ...options }) });
  });
}

export interface OpenTreeOptions extends OpenDatasetOptions {
  readonly path?: string;
  readonly split?: string;
  readonly list?: string;
}

async function openTree(kind: string, root: string, { path = "", split, list, ...options }: OpenTreeOptions) {
  const share = {
    dataset: `${kind}:${join(root, path)}`,
    split,
    list,
  };
  const columns = await openDataset(share, options);
  const dataset = datasetOf(columns);
  const sequences = Array.from({ length: dataset.length }, (_, i) => dataset.sequence(i));
  return { columns, dataset, sequences, names: sequences.map(({ name }) => name) };
}

/** Boxes of an object in every frame; null where it is absent. */
export function track({ length }: DatasetSequence, object: DatasetObject): (number[] | null)[] {
  return Array.from({ length }, (_, frame) => (object.present(frame) ? [...object.box(frame)] : null));
}
