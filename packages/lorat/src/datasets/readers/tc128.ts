import { LoratError } from "@lorat/graph";
import type { AnnotationSource } from "../annotation-source.ts";
import { below, findFolders, lastPart, picturesIn, readRows, requireText } from "../files.ts";
import { numberedRange } from "../numbered-range.ts";
import type { DatasetReader, RawSequence } from "../raw.ts";
import { oneObject } from "../raw.ts";

/** TempleColor-128: folders with `img/`, `NAME_gt.txt` and `NAME_frames.txt`, the range of annotated frames. */
export const tc128: DatasetReader = {
  layout: "NAME/NAME_gt.txt and NAME/NAME_frames.txt with pictures in NAME/img",
  splits: [],
  async entries(source) {
    const found = await findFolders(source, "", 1, ({ files }) =>
      files.some((file) => file.endsWith("_gt.txt")),
    );
    return found.map(({ path, files }) => {
      const stem = files.find((file) => file.endsWith("_gt.txt"))!.slice(0, -"_gt.txt".length);
      return { name: lastPart(source, path), read: async () => [await readSequence(source, path, stem)] };
    });
  },
};

async function readSequence(source: AnnotationSource, path: string, stem: string): Promise<RawSequence> {
  const name = lastPart(source, path);
  const rangeFile = below(path, `${stem}_frames.txt`);
  const folder = below(path, "img");
  const [boxes, range, pictures] = await Promise.all([
    readRows(source, below(path, `${stem}_gt.txt`)),
    requireText(source, rangeFile),
    picturesIn(source, folder),
  ]);
  const [first, last] = (range.match(/\d+/g) ?? []).map(Number);
  if (first === undefined || last === undefined || last - first + 1 !== boxes.length / 4) {
    throw new LoratError(
      "DATASET_LENGTH",
      `${rangeFile}: expected the first and last of ${boxes.length / 4} frames, found ${range.trim()}`,
    );
  }
  const frames = numberedRange(pictures, first, boxes.length / 4, name);
  return oneObject({ name, folder, frames, boxes });
}
