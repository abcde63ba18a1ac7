import type { AnnotationSource } from "../annotation-source.ts";
import { below, findFolders, lastPart, picturesIn, readRows } from "../files.ts";
import { numberedRange } from "../numbered-range.ts";
import type { DatasetReader, RawSequence, SequenceEntry } from "../raw.ts";
import { oneObject } from "../raw.ts";

/** Numbers of the first annotated frames where they are not 1, as the benchmark's authors list them. */
const STARTS: Readonly<Record<string, number>> = { BlurCar1: 247, BlurCar3: 3, BlurCar4: 18, David: 300 };

const GROUND_TRUTH = /^groundtruth_rect(?:\.(\d+))?\.txt$/;

/**
 * OTB: folders with `img/` and `groundtruth_rect.txt`, or `groundtruth_rect.1.txt`, `.2` for several objects, which are then
 * sequences of their own named `NAME-1`, `NAME-2` (specification 5.1). Files of several that are empty are left out.
 */
export const otb: DatasetReader = {
  layout: "NAME/groundtruth_rect.txt with pictures in NAME/img",
  splits: [],
  async entries(source) {
    const found = await findFolders(source, "", 2, ({ files }) =>
      files.some((file) => GROUND_TRUTH.test(file)),
    );
    const entries: SequenceEntry[] = [];
    for (const { path, files } of found) {
      const rectangles = files.filter((file) => GROUND_TRUTH.test(file));
      for (const file of rectangles) {
        // As downloaded, the first of Human4's two files is empty.
        if (rectangles.length > 1 && (await source.readText(below(path, file)))?.trim() === "") continue;
        const video = lastPart(source, path);
        const part = GROUND_TRUTH.exec(file)![1];
        const name = part === undefined ? video : `${video}-${part}`;
        entries.push({ name, read: async () => [await readSequence(source, path, file, name)] });
      }
    }
    return entries;
  },
};

async function readSequence(
  source: AnnotationSource,
  path: string,
  file: string,
  name: string,
): Promise<RawSequence> {
  const boxes = await readRows(source, below(path, file));
  const folder = below(path, "img");
  const pictures = await picturesIn(source, folder);
  const start = STARTS[lastPart(source, path)];
  const frames = numberedRange(pictures, start, boxes.length / 4, name);
  return oneObject({ name, folder, frames, boxes });
}
