import { type Box, compatibleOnePass, type Scores, type Tracker } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import type { Sequence } from "../datasets/sequence.ts";
import { openFrames } from "../media/open-frames.ts";
import { follow, ownBoxes } from "./follow.ts";

/** What one pass over a sequence gave. */
export interface SequenceRun {
  readonly name: string;
  /** The reference's own boxes: clipped, possibly empty; the first is the given one. */
  readonly boxes: readonly Box[];
  readonly scores: readonly number[];
  /** Frames tracked a second, decoding included. */
  readonly framesPerSecond: number;
}

/** Tracks a sequence from its first box to its end without being told anything more (one-pass evaluation). */
export async function runSequence(tracker: Tracker, sequence: Sequence): Promise<SequenceRun> {
  const source = await openFrames(sequence.folder);
  const began = performance.now();
  const { boxes, scores } = await follow(ownBoxes(tracker), source.frames(), sequence.truth[0]!).finally(() =>
    source.dispose(),
  );
  if (boxes.length !== sequence.truth.length) {
    throw new LoratError(
      "DATASET_LENGTH",
      `${sequence.name} has ${boxes.length} frames and ${sequence.truth.length} annotated boxes`,
    );
  }
  const seconds = (performance.now() - began) / 1000;
  return { name: sequence.name, boxes, scores, framesPerSecond: (boxes.length - 1) / seconds };
}

/** Scores of boxes on a sequence by the toolkits' one-pass protocol (specification section 5.2), each in `[0, 1]`. */
export function scoreSequence({ truth, visible, name }: Sequence, boxes: readonly Box[]): Scores {
  return compatibleOnePass({ predicted: boxes, truth, visible }, name).scores;
}
