import { LoratError } from "@lorat/graph";
import type { Tree } from "../../files/archive/index.ts";
import { type AnnotationSource, compareNatural, summarise } from "../annotation-source.ts";

/** An archive's files as a dataset's folder; without pictures. */
export function archiveSource(tree: Tree): AnnotationSource {
  const folders = new Map<string, { folders: Set<string>; files: string[] }>([["", emptyFolder()]]);
  for (const path of tree.files) {
    const parts = path.split("/");
    parts.forEach((name, i) => {
      const above = parts.slice(0, i).join("/");
      const folder = folders.get(above) ?? emptyFolder();
      folders.set(above, folder);
      if (i === parts.length - 1) folder.files.push(name);
      else folder.folders.add(name);
    });
  }
  const files = new Set(tree.files);
  const odd = new Map<string, string[]>();
  let filesRead = 0;
  const readBytes = async (path: string) => {
    if (!files.has(path)) return undefined;
    filesRead++;
    return Buffer.from(await tree.read(path));
  };
  return {
    root: tree.path,
    file: undefined,
    readBytes,
    readText: async (path) => (await readBytes(path))?.toString("utf8"),
    async list(path) {
      const found = folders.get(path);
      if (!found) return undefined;
      return { folders: [...found.folders].sort(compareNatural), files: found.files.sort(compareNatural) };
    },
    hasPicture: async (path) => files.has(path),
    pictureSize: async () => undefined,
    warn: (what, where) => void odd.set(what, [...(odd.get(what) ?? []), where]),
    watch() {
      throw new LoratError("DATASET_ARCHIVE", `${tree.path}: videos are not read out of archives`);
    },
    watched: [],
    warnings: () => [...odd].map(([what, places]) => `${what}: ${summarise(places)}`),
    get filesRead() {
      return filesRead;
    },
  };
}

function emptyFolder(): { folders: Set<string>; files: string[] } {
  return { folders: new Set(), files: [] };
}
