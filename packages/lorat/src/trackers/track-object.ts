import { basename, dirname } from "node:path";
import { type Box, compatibleOnePass, fromCorners, type Scores, type Tracker } from "@lorat/core";
import type { DatasetSequence } from "../datasets/dataset.ts";
import { decodeImage } from "../media/image-folder.ts";
import { mapAhead } from "../threads/map-ahead.ts";
import { follow, ownBoxes } from "./follow.ts";

/** A stretch of a sequence on which one of its objects is to be tracked. */
export interface Stretch {
  readonly sequence: DatasetSequence;
  /** Position among the sequence's objects. */
  readonly object: number;
  /** First frame, which shows the object, and the frame after the last one. */
  readonly from: number;
  readonly to: number;
}

const DECODED_AHEAD = 3;
const nothing: Box = { x: 0, y: 0, width: 0, height: 0 };

/** From the first frame at or after `from` that shows the object, to the end; undefined where none does, or only the last. */
export function stretchOf(
  sequence: DatasetSequence,
  object: number,
  from = 0,
  to = sequence.length,
): Stretch | undefined {
  const one = sequence.objects[object];
  for (let frame = from; one && frame < to - 1; frame++) {
    if (one.present(frame)) return { sequence, object, from: frame, to };
  }
  return undefined;
}

/**
 * Tracks an object from its first box to the end of a stretch and scores it (one-pass evaluation, specification section
 * 5.2); frames that do not show it do not count. Throws `IMAGE_DECODE_FAILED`, and what the tracker throws.
 */
export async function scoreStretch(
  tracker: Tracker,
  { sequence, object, from, to }: Stretch,
  signal?: AbortSignal,
): Promise<Scores> {
  const { present, box } = sequence.objects[object]!;
  const frames = Array.from({ length: to - from }, (_, i) => from + i);
  const truth = frames.map((frame) => (present(frame) ? fromCorners(box(frame)) : nothing));
  const decoded = mapAhead(frames, DECODED_AHEAD, (index) => {
    const path = sequence.framePath(index);
    return decodeImage(dirname(path), basename(path), index);
  });
  const { boxes: predicted } = await follow(ownBoxes(tracker), decoded, truth[0]!, { signal });
  const shown = <T>(values: readonly T[]) => values.filter((_, i) => present(frames[i]!));
  const sides = { predicted: shown(predicted), truth: shown(truth), visible: shown(frames).map(() => true) };
  return compatibleOnePass(sides, sequence.name).scores;
}

/** Mean success AUC over stretches, 0 to 1, and each one's own by the sequence's name. */
export async function scoreStretches(
  tracker: Tracker,
  stretches: readonly Stretch[],
  signal?: AbortSignal,
): Promise<{ readonly auc: number; readonly sequences: Readonly<Record<string, number>> }> {
  const sequences: Record<string, number> = {};
  for (const stretch of stretches) {
    const { sequence, object } = stretch;
    const name = sequence.objects.length > 1 ? `${sequence.name}#${object + 1}` : sequence.name;
    sequences[name] = (await scoreStretch(tracker, stretch, signal)).auc;
  }
  const all = Object.values(sequences);
  return { auc: all.reduce((sum, auc) => sum + auc, 0) / Math.max(all.length, 1), sequences };
}
