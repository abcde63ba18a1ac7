import type { AnnotationSource } from "../annotation-source.ts";
import { below, findFolders, lastPart, picturesIn, readRows } from "../files.ts";
import { numberedRange } from "../numbered-range.ts";
import type { RawSequence } from "../raw.ts";
import type { DatasetReader } from "../reader.ts";
import { oneObject } from "./one-object.ts";

/** Numbers of the first annotated frames where they are not 1, as the benchmark's authors list them. */
const STARTS: Readonly<Record<string, number>> = { BlurCar1: 247, BlurCar3: 3, BlurCar4: 18, David: 300 };

const GROUND_TRUTH = /^groundtruth_rect(?:\.(\d+))?\.txt$/;

/**
 * OTB: folders with `img/` and `groundtruth_rect.txt`, or `groundtruth_rect.1.txt`, `.2` for several objects, which are then
 * sequences of their own named `NAME-1`, `NAME-2` (specification 5.1).
 */
export const otb: DatasetReader = {
  layout: "NAME/groundtruth_rect.txt with pictures in NAME/img",
  splits: [],
  async entries(source) {
    const found = await findFolders(source, "", 2, ({ files }) =>
      files.some((file) => GROUND_TRUTH.test(file)),
    );
    return found.flatMap(({ path, files }) =>
      files.flatMap((file) => {
        const match = GROUND_TRUTH.exec(file);
        if (!match) return [];
        const video = lastPart(source, path);
        const name = match[1] === undefined ? video : `${video}-${match[1]}`;
        return [{ name, read: async () => [await readSequence(source, path, file, name)] }];
      }),
    );
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
