import type { AnnotationSource } from "../annotation-source.ts";
import { below, countedFrames, picturesIn, readRows } from "../files.ts";
import type { DatasetReader, RawSequence, SequenceEntry } from "../raw.ts";
import { oneObject } from "../raw.ts";

const FRAME = { prefix: "", digits: 1, suffix: ".jpg" };
const TRAIN_PARTS = Array.from({ length: 12 }, (_, k) => `TRAIN_${k}`);

/**
 * TrackingNet: `TRAIN_0` to `TRAIN_11` and `TEST`, each with `anno/<name>.txt` and `frames/<name>/<i>.jpg` from 0; of a test
 * sequence the first box only (specification 5.1).
 */
export const trackingnet: DatasetReader = {
  layout: "TRAIN_0/anno/NAME.txt with TRAIN_0/frames/NAME/0.jpg",
  splits: ["train", "test", ...TRAIN_PARTS],
  async entries(source, splits) {
    const parts = splits.flatMap((split) =>
      split === "train" ? TRAIN_PARTS : split === "test" ? ["TEST"] : [split],
    );
    const entries: SequenceEntry[] = [];
    for (const part of new Set(parts)) {
      const listing = await source.list(below(part, "anno"));
      for (const file of listing?.files ?? []) {
        if (!file.endsWith(".txt")) continue;
        const name = file.slice(0, -".txt".length);
        entries.push({ name, read: async () => [await readSequence(source, part, name)] });
      }
    }
    return entries;
  },
};

async function readSequence(source: AnnotationSource, part: string, name: string): Promise<RawSequence> {
  const boxes = await readRows(source, `${part}/anno/${name}.txt`);
  const folder = `${part}/frames/${name}`;
  if (part === "TEST") {
    const frames = await picturesIn(source, folder);
    return { name, folder, frames, objects: [{ first: 0, boxes }] };
  }
  const frames = await countedFrames(source, folder, FRAME, 0, boxes.length / 4);
  return oneObject({ name, folder, frames, boxes });
}
