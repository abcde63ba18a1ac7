import type { AnnotationSource } from "../annotation-source.ts";
import { below, countedFrames, type FoundFolder, findFolders, lastPart, readRows } from "../files.ts";
import type { DatasetReader, RawSequence } from "../raw.ts";
import { oneObject } from "../raw.ts";

const FRAME = { prefix: "", digits: 5, suffix: ".jpg" };

/**
 * VastTrack: `<category>/<name>` with `imgs/%05d.jpg` from 1 and `Groundtruth.txt` counting pixels from 1; a row whose sum
 * is not positive has no object (specification 5.1).
 */
export const vasttrack: DatasetReader = {
  layout: "CATEGORY/NAME/Groundtruth.txt with imgs/00001.jpg beside it",
  splits: [],
  async entries(source) {
    const folders = await findFolders(source, "", 2, ({ files }) => groundTruth(files) !== undefined);
    return folders.map((folder) => ({
      name: lastPart(source, folder.path),
      read: async () => [await readSequence(source, folder)],
    }));
  },
};

function groundTruth(files: readonly string[]): string | undefined {
  return ["Groundtruth.txt", "groundtruth.txt"].find((name) => files.includes(name));
}

async function readSequence(source: AnnotationSource, { path, files }: FoundFolder): Promise<RawSequence> {
  const boxes = await readRows(source, below(path, groundTruth(files)!));
  const rows = boxes.length / 4;
  const hidden = Uint8Array.from({ length: rows }, (_, i) => {
    const [x, y, width, height] = boxes.subarray(4 * i, 4 * i + 4);
    return x! + y! + width! + height! > 0 ? 0 : 1;
  });
  const folder = below(path, "imgs");
  const frames = await countedFrames(source, folder, FRAME, 1, rows);
  return oneObject({ name: lastPart(source, path), folder, frames, boxes, hidden });
}
