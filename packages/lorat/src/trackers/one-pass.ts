import type { Box, Tracker } from "@lorat/core";
import { fromCorners } from "@lorat/core/geometry";
import { compatibleOnePass, type Scores } from "@lorat/core/metrics";
import type { DatasetSequence } from "../datasets/dataset.ts";
import type { Sequence } from "../datasets/sequence.ts";
import { asPictureTracker, followFiles } from "./follow.ts";

/** A segment of a sequence on which one of its objects is to be tracked. */
export interface Segment {
  readonly sequence: DatasetSequence;
  /** Position among the sequence's objects. */
  readonly object: number;
  /** First frame, which shows the object, and the frame after the last one. */
  readonly from: number;
  readonly to: number;
}

const nothing: Box = { x: 0, y: 0, width: 0, height: 0 };

/** From the first frame at or after `from` that shows the object, to the end; undefined where none does, or only the last. */
export function segmentOf(
  sequence: DatasetSequence,
  object: number,
  from = 0,
  to = sequence.length,
): Segment | undefined {
  const one = sequence.objects[object];
  for (let frame = from; one && frame < to - 1; frame++) {
    if (one.present(frame)) return { sequence, object, from: frame, to };
  }
  return undefined;
}

/**
 * Tracks an object from its first box to the end of a segment and scores it (one-pass evaluation, specification section
 * 5.2); frames that do not show it do not count. Throws `IMAGE_DECODE_FAILED`, and what the tracker throws.
 */
export async function scoreSegment(
  tracker: Tracker,
  { sequence, object, from, to }: Segment,
  signal?: AbortSignal,
): Promise<Scores> {
  const { present, box } = sequence.objects[object]!;
  const frames = Array.from({ length: to - from }, (_, i) => from + i);
  const truth = frames.map((frame) => (present(frame) ? fromCorners(box(frame)) : nothing));
  const paths = frames.map((frame) => sequence.framePath(frame));
  const { boxes: predicted } = await followFiles(asPictureTracker(tracker), paths, truth[0]!, {
    signal,
    firstIndex: from,
  });
  const shown = <T>(values: readonly T[]) => values.filter((_, i) => present(frames[i]!));
  const sides = { predicted: shown(predicted), truth: shown(truth), visible: shown(frames).map(() => true) };
  return compatibleOnePass(sides, sequence.name).scores;
}

/** Mean success AUC over segments, 0 to 1, and each one's own by the sequence's name. */
export async function scoreSegments(
  tracker: Tracker,
  segments: readonly Segment[],
  signal?: AbortSignal,
): Promise<{ readonly auc: number; readonly sequences: Readonly<Record<string, number>> }> {
  const sequences: Record<string, number> = {};
  for (const segment of segments) {
    const { sequence, object } = segment;
    const name = sequence.objects.length > 1 ? `${sequence.name}#${object + 1}` : sequence.name;
    sequences[name] = (await scoreSegment(tracker, segment, signal)).auc;
  }
  const all = Object.values(sequences);
  return { auc: all.reduce((sum, auc) => sum + auc, 0) / Math.max(all.length, 1), sequences };
}

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
  const began = performance.now();
  const { pictures, truth } = sequence;
  const { boxes, scores } = await followFiles(asPictureTracker(tracker), pictures, truth[0]!);
  const seconds = (performance.now() - began) / 1000;
  return { name: sequence.name, boxes, scores, framesPerSecond: (boxes.length - 1) / seconds };
}

/** Scores of boxes on a sequence by the toolkits' one-pass protocol (specification section 5.2), each in `[0, 1]`. */
export function scoreSequence({ truth, visible, name }: Sequence, boxes: readonly Box[]): Scores {
  return compatibleOnePass({ predicted: boxes, truth, visible }, name).scores;
}
