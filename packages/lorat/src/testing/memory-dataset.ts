import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Corners } from "@lorat/core";
import sharp from "sharp";
import type { Dataset } from "../datasets/dataset.ts";

/** A sequence of a {@link Dataset} made for a test: where each frame's box is, null where the target is absent. */
export type MadeSequence = readonly (Corners | null)[];

/** Pictures that tell by their colour which they are: red is the frame, green the sequence, blue the dataset. */
export interface ColourPictures {
  path(dataset: number, sequence: number, frame: number): string;
  remove(): Promise<void>;
}

export const MADE_WIDTH = 48;
export const MADE_HEIGHT = 36;

/** Writes the pictures of some datasets, given the lengths of their sequences. */
export async function writeColourPictures(lengths: readonly (readonly number[])[]): Promise<ColourPictures> {
  const folder = await mkdtemp(join(tmpdir(), "lorat-colours-"));
  const path = (dataset: number, sequence: number, frame: number) =>
    join(folder, `${dataset}`, `${sequence}-${frame}.png`);
  for (const [dataset, sequences] of lengths.entries()) {
    await mkdir(join(folder, `${dataset}`));
    for (const [sequence, length] of sequences.entries()) {
      for (let frame = 0; frame < length; frame++) {
        const background = { r: frame, g: sequence, b: dataset };
        await sharp({ create: { width: MADE_WIDTH, height: MADE_HEIGHT, channels: 3, background } })
          .png()
          .toFile(path(dataset, sequence, frame));
      }
    }
  }
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A dataset of one object a sequence. */
export function madeDataset(
  pictures: Pick<ColourPictures, "path">,
  number: number,
  sequences: readonly MadeSequence[],
): Dataset {
  return {
    name: `made:${number}`,
    kind: "folder",
    fingerprint: `${number}`,
    length: sequences.length,
    sequence(index) {
      const boxes = sequences[index]!;
      return {
        name: `${index}`,
        length: boxes.length,
        framePath: (frame) => pictures.path(number, index, frame),
        objects: [{ present: (frame) => boxes[frame] !== null, box: (frame) => boxes[frame]! }],
      };
    },
  };
}
