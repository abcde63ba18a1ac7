import { join } from "node:path";
import type { Box } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { frameName } from "./frame-names.ts";
import { chooseDataset, openEntries } from "./open-entries.ts";

/** An annotated clip: a folder of images with a `groundtruth.txt`. */
export interface Sequence {
  readonly name: string;
  /** Folder of the pictures. */
  readonly folder: string;
  /** Paths of the pictures, in order. */
  readonly pictures: readonly string[];
  /** One box a frame; NaN or empty where the target is absent. */
  readonly truth: readonly Box[];
  /** False where `absence.label` flags the target as absent. */
  readonly visible: readonly boolean[];
}

/**
 * The sequences of a folder of people's own data (kind `folder`) that lie there as pictures. Throws `DATASET_EMPTY` when there are
 * none, `DATASET_LENGTH` when pictures, labels and boxes disagree.
 */
export async function listSequences(folder: string): Promise<Sequence[]> {
  const { source, entries } = await openEntries(await chooseDataset({ dataset: `folder:${folder}` })).catch(
    (error: LoratError) => {
      if (error.code !== "DATASET_LAYOUT" && error.code !== "DATASET_NOT_FOUND") throw error;
      throw new LoratError("DATASET_EMPTY", `${folder} holds no sequence: no folder with a groundtruth.txt`);
    },
  );
  const sequences: Sequence[] = [];
  for (const entry of entries) {
    for (const { name, folder: inside, frames, objects, video } of await entry.read()) {
      if (video !== undefined) continue;
      const { boxes, hidden } = objects[0]!;
      const rows = boxes.length / 4;
      if (rows !== frames.count) {
        throw new LoratError("DATASET_LENGTH", `${name}: ${rows} rows of boxes, ${frames.count} frames`);
      }
      const pictureFolder = join(source.root, inside);
      sequences.push({
        name,
        folder: pictureFolder,
        pictures: Array.from({ length: rows }, (_, i) => join(pictureFolder, frameName(frames, i))),
        truth: Array.from({ length: rows }, (_, i) => {
          const [x, y, width, height] = boxes.subarray(4 * i, 4 * i + 4);
          return { x: x!, y: y!, width: width!, height: height! };
        }),
        visible: Array.from({ length: rows }, (_, i) => !hidden?.[i]),
      });
    }
  }
  return sequences;
}
