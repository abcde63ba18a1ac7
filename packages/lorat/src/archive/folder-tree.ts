import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import type { Tree } from "./tree.ts";

const DEEPEST = 8;

/** The files below a folder, links to files and folders followed. Throws `TREE_UNREADABLE`. */
export async function readFolder(path: string): Promise<Tree> {
  const files: string[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(join(path, folder), { withFileTypes: true }).catch((cause: Error) => {
      throw new LoratError("TREE_UNREADABLE", `${join(path, folder)} cannot be read: ${cause.message}`, {
        cause,
      });
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
    read: (file) =>
      readFile(join(path, file)).catch((cause: Error) => {
        throw new LoratError("TREE_UNREADABLE", `${join(path, file)} cannot be read: ${cause.message}`, {
          cause,
        });
      }),
  };
}
