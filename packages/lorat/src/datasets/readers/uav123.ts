import type { AnnotationSource } from "../annotation-source.ts";
import { picturesIn, readRows } from "../files.ts";
import { numberedRange } from "../numbered-range.ts";
import type { DatasetReader, RawSequence, SequenceEntry } from "../raw.ts";
import { oneObject } from "../raw.ts";

/** First frames of the parts `NAME_1`, `NAME_2`, … that long videos are annotated in, as the benchmark's authors list them. */
const PARTS: Readonly<Record<string, readonly number[]>> = {
  bird1: [1, 775, 1573],
  car1: [1, 751, 1627],
  car16: [1, 415],
  car6: [1, 487, 1807, 2953, 3925],
  car8: [1, 1357],
  group1: [1, 1333, 2515, 3925],
  group2: [1, 907, 1771],
  group3: [1, 1567, 2827, 4369],
  person12: [1, 601],
  person14: [1, 847, 1813],
  person17: [1, 1501],
  person19: [1, 1243, 2791],
  person2: [1, 1189],
  person4: [1, 1501],
  person5: [1, 877],
  person7: [1, 1249],
  person8: [1, 1075],
  truck4: [1, 577],
  uav1: [1, 1555, 2473],
};

const FOLDERS: Readonly<Record<string, string>> = { uav123: "UAV123", uav20l: "UAV20L" };

/**
 * UAV123 and UAV20L: `anno/UAV123/NAME.txt` or `anno/UAV20L/NAME.txt` with pictures in `data_seq/UAV123/VIDEO`, of which a
 * sequence may be a part; NaN where the object is out of view (specification 5.1).
 */
export const uav123: DatasetReader = {
  layout: "anno/UAV123/NAME.txt with pictures in data_seq/UAV123/NAME",
  splits: ["uav123", "uav20l"],
  async entries(source, splits) {
    const entries: SequenceEntry[] = [];
    for (const split of splits) {
      const annotations = `anno/${FOLDERS[split]}`;
      for (const file of (await source.list(annotations))?.files ?? []) {
        if (!file.endsWith(".txt")) continue;
        const name = file.slice(0, -".txt".length);
        const read = async () => [await readSequence(source, `${annotations}/${file}`, name, split)];
        entries.push({ name, read });
      }
    }
    return entries;
  },
};

async function readSequence(
  source: AnnotationSource,
  file: string,
  name: string,
  split: string,
): Promise<RawSequence> {
  const [, video = "", part = ""] = /^(.*)_(\d+)$/.exec(name) ?? [];
  const start = split === "uav123" ? PARTS[video]?.[Number(part) - 1] : undefined;
  const folder = `data_seq/UAV123/${start === undefined ? name : video}`;
  const [boxes, pictures] = await Promise.all([readRows(source, file), picturesIn(source, folder)]);
  const frames = numberedRange(pictures, start, boxes.length / 4, name);
  return oneObject({ name, folder, frames, boxes });
}
