import type { AnnotationSource, PictureSize } from "../annotation-source.ts";
import { below, lastPart, parseIni, picturesIn, readFlags, readRows } from "../files.ts";
import type { DatasetReader, RawSequence, SequenceEntry } from "../raw.ts";
import { oneObject } from "../raw.ts";

/**
 * GOT-10k: `train`, `val` and `test`, each with a `list.txt` and a folder for each sequence: pictures, `groundtruth.txt`,
 * `absence.label`, `meta_info.ini`; of a test sequence the first box only (specification 5.1). Positions in a list, as in
 * the one that leaves out VOT's videos, are those of `list.txt`.
 */
export const got10k: DatasetReader = {
  layout: "train/list.txt, which names folders with groundtruth.txt and pictures",
  splits: ["train", "val", "test"],
  async entries(source, splits) {
    const entries: SequenceEntry[] = [];
    for (const split of splits) {
      // Also where the folder of the part itself is given.
      const folder = lastPart(source, "") === split ? "" : split;
      const list = await source.readText(below(folder, "list.txt"));
      for (const name of list?.match(/[^\s\uFEFF]+/g) ?? []) {
        entries.push({ name, read: async () => [await readSequence(source, folder, name, split)] });
      }
    }
    return entries;
  },
};

async function readSequence(
  source: AnnotationSource,
  part: string,
  name: string,
  split: string,
): Promise<RawSequence> {
  const folder = below(part, name);
  const [boxes, frames, meta] = await Promise.all([
    readRows(source, below(folder, "groundtruth.txt")),
    picturesIn(source, folder),
    source.readText(below(folder, "meta_info.ini")),
  ]);
  const size = resolution(meta);
  if (split === "test") return { name, folder, frames, objects: [{ first: 0, boxes }], size };
  const hidden = await readFlags(source, below(folder, "absence.label"), boxes.length / 4);
  if (!hidden) source.warn("without absence.label, so that all frames with a box count as visible", name);
  return oneObject({ name, folder, frames, boxes, hidden, size });
}

/** `resolution: (1920, 1080)`. */
function resolution(meta: string | undefined): PictureSize | undefined {
  const [, width, height] = /(\d+)\D+(\d+)/.exec(parseIni(meta ?? "").get("resolution") ?? "") ?? [];
  return width === undefined ? undefined : { width: Number(width), height: Number(height) };
}
