import { type Box, compatibleOnePass, fromCorners, type Scores, type Tracker } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { openFrames } from "../media/frame-source.ts";
import type { Sequence } from "./sequence.ts";

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
  const first = sequence.truth[0]!;
  const boxes: Box[] = [first];
  const scores: number[] = [1];
  const began = performance.now();
  let target: Awaited<ReturnType<Tracker["start"]>> | undefined;
  try {
    for await (const frame of source.frames()) {
      if (!target) {
        target = await tracker.start(frame, first);
        continue;
      }
      const { raw } = await target.track(frame);
      boxes.push(fromCorners(raw.box));
      scores.push(raw.score);
    }
  } finally {
    target?.dispose();
    await source.dispose();
  }
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
