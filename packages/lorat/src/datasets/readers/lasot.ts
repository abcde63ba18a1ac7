import type { AnnotationSource } from "../annotation-source.ts";
import {
  anyOf,
  below,
  countedFrames,
  type FoundFolder,
  findFolders,
  lastPart,
  readFlags,
  readRows,
} from "../files.ts";
import type { RawSequence } from "../raw.ts";
import type { DatasetReader } from "../reader.ts";
import { LASOT_TEST } from "./lasot-test-list.ts";
import { oneObject } from "./one-object.ts";

const FRAME = { prefix: "", digits: 8, suffix: ".jpg" };

/**
 * LaSOT: `<class>/<class-n>` with `img/%08d.jpg` from 1, `groundtruth.txt` counting pixels from 1, and flags for frames
 * in which the object is occluded or out of view (specification 5.1).
 */
export const lasot: DatasetReader = {
  layout: "CLASS/CLASS-N/groundtruth.txt with img/00000001.jpg beside it",
  splits: ["train", "test", "all"],
  async entries(source, splits) {
    const wanted = (name: string) =>
      splits.includes("all") || splits.includes(LASOT_TEST.has(name) ? "test" : "train");
    return (await findLasot(source)).flatMap((folder) => {
      const name = lastPart(source, folder.path);
      return wanted(name) ? [{ name, read: async () => [await readLasot(source, folder)] }] : [];
    });
  },
};

/** Sequence folders in LaSOT's layout. */
export function findLasot(source: AnnotationSource): Promise<FoundFolder[]> {
  return findFolders(source, "", 2, ({ files }) => files.includes("groundtruth.txt"));
}

/** Throws what `readRows` and `readFlags` throw. */
export async function readLasot(
  source: AnnotationSource,
  { path, files }: FoundFolder,
): Promise<RawSequence> {
  const name = lastPart(source, path);
  const boxes = await readRows(source, below(path, "groundtruth.txt"));
  const rows = boxes.length / 4;
  const flags = await Promise.all(
    ["full_occlusion.txt", "out_of_view.txt"].map((file) => {
      if (files.includes(file)) return readFlags(source, below(path, file), rows);
      source.warn(`without ${file}, so that all frames with a box count as visible`, name);
      return undefined;
    }),
  );
  const folder = below(path, "img");
  const frames = await countedFrames(source, folder, FRAME, 1, rows);
  return oneObject({ name, folder, frames, boxes, hidden: anyOf(rows, ...flags) });
}
