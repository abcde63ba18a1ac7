import { readFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import type { Tree } from "./tree.ts";

const DEEPEST = 8;

/** The files below a folder, links to files and folders followed. Throws `TREE_UNREADABLE`. */
export async function readFolder(path: string): Promise<Tree> {
  const files: string[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(join(path, folder), { withFileTypes: true }).catch((cause: Error) => {
      throw unreadable(join(path, folder), cause);
    });
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const name = folder ? `${folder}/${entry.name}` : entry.name;
      let kind: { isDirectory(): boolean; isFile(): boolean } | undefined = entry;
      if (entry.isSymbolicLink()) kind = await stat(join(path, name)).catch(() => undefined);
      if (kind?.isDirectory() && depth > 0) await visit(name, depth - 1);
      else if (kind?.isFile()) files.push(name);
    }
  };
  await visit("", DEEPEST);
  return {
    path,
    kind: "folder",
    files: files.sort(),
    // At once: hundreds of small files take several times longer through the thread pool.
    async read(file) {
      try {
        return readFileSync(join(path, file));
      } catch (cause) {
        throw unreadable(join(path, file), cause as Error);
      }
    },
  };
}

function unreadable(path: string, cause: Error): LoratError {
  return new LoratError("TREE_UNREADABLE", `${path} cannot be read: ${cause.message}`, { cause });
}
