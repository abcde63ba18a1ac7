import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { LoratError } from "@lorat/graph";
import { openTree } from "../files/archive/index.ts";
import { type AnnotationSource, folderSource } from "./annotation-source.ts";

interface OpenSourceOptions {
  readonly signal?: AbortSignal | undefined;
  /** Only annotations are read, once: archives are opened as well, and no file is watched for changes. */
  readonly annotationsOnly?: boolean;
}

/**
 * The files of a dataset, given its folder or its annotation file. Throws `DATASET_NOT_FOUND`, and for archives what `openTree`
 * throws.
 */
export async function openSource(
  path: string,
  { signal, annotationsOnly = false }: OpenSourceOptions = {},
): Promise<AnnotationSource> {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new LoratError("DATASET_NOT_FOUND", `expected a dataset at ${path}, found nothing`);
  if (info.isDirectory()) return annotationsOnly ? quickSource(path) : folderSource(path, { signal });
  if (annotationsOnly && /\.(tar|tar\.gz|tgz|zip)$/i.test(path)) {
    const { archiveSource } = await import("./annotations/archive-source.ts");
    return archiveSource(await openTree(path));
  }
  return folderSource(dirname(path), { file: basename(path), signal });
}

/** A folder whose files are read synchronously: hundreds of small files take several times longer through the thread pool. */
function quickSource(root: string): AnnotationSource {
  const source = folderSource(root);
  const readBytes = async (path: string) => {
    try {
      return readFileSync(join(root, path));
    } catch {
      // Says what is wrong.
      return source.readBytes(path);
    }
  };
  const readText = async (path: string) => (await readBytes(path))?.toString("utf8");
  return Object.assign(Object.create(source) as AnnotationSource, { readBytes, readText });
}
