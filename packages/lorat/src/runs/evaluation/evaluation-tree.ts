import { join } from "node:path";
import { openTree, type Tree } from "../../files/archive/index.ts";
import { RUN_FOLDERS } from "./run-folder.ts";
import { readRecord } from "./run-record.ts";

/**
 * An evaluation's folder as readers of results know them: `TRACKER/NAME.txt` and `TRACKER/NAME_time.txt`, or `TRACKER_001/…` and so
 * on for several runs. Undefined for anything else. Throws `TREE_UNREADABLE`.
 */
export async function evaluationTree(folder: string): Promise<Tree | undefined> {
  // A file of the same name that something else wrote makes it no evaluation.
  const record = await readRecord(folder).catch(() => undefined);
  if (!record) return undefined;
  const { name } = record.tracker;
  const tree = await openTree(folder);
  const files = new Map<string, string>();
  for (const file of tree.files) {
    const [kind, ...rest] = file.split("/");
    const sequence = rest.pop()?.replace(/\.txt$/, "");
    const run = /^run_(\d{3})$/.exec(rest[0] ?? "")?.[1];
    if (sequence === undefined || rest.length !== (run === undefined ? 0 : 1)) continue;
    const into = run === undefined ? name : `${name}_${run}`;
    if (kind === RUN_FOLDERS.results) files.set(`${into}/${sequence}.txt`, file);
    if (kind === RUN_FOLDERS.times) files.set(`${into}/${sequence}_time.txt`, file);
  }
  return {
    path: folder,
    kind: "folder",
    files: [...files.keys()].sort(),
    read: (file) => tree.read(files.get(file) ?? join(folder, file)),
  };
}
