import { LoratError } from "@lorat/graph";
import { type EvalSequence, picturePath, type TrackedSequence } from "../../datasets/eval-sequence.ts";
import { type Followed, type FollowOptions, followFiles } from "../../trackers/follow.ts";
import type { OpenedTracker } from "../../trackers/open-tracker.ts";

/**
 * Runs a tracker over a sequence, from its first box to its last frame. Throws what tracker and pictures throw, with the
 * sequence named, and the signal's reason.
 */
export async function trackSequence(
  opened: OpenedTracker,
  sequence: EvalSequence,
  options: FollowOptions = {},
): Promise<TrackedSequence> {
  const { frames, first, box } = sequence;
  const paths = Array.from({ length: frames.count - first }, (_, i) => picturePath(sequence, first + i));
  let followed: Followed;
  try {
    followed = await followFiles(opened, paths, box, { ...options, firstIndex: first });
  } catch (error) {
    if (!(error instanceof LoratError)) throw error;
    const { code, message, hint, issues } = error;
    throw new LoratError(code, `${sequence.name}: ${message}`, {
      hint,
      issues,
      cause: error,
    });
  }
  return inRows(followed, first);
}

/** Numbers of a result file; a box with a number that is none becomes an empty one, which all readers take. */
function inRows({ boxes, scores, seconds }: Followed, first: number): TrackedSequence {
  const frames = first + boxes.length;
  const rows = new Float64Array(4 * frames);
  boxes.forEach(({ x, y, width, height }, i) => {
    const row = [x, y, width, height];
    if (row.every(Number.isFinite)) rows.set(row, 4 * (first + i));
  });
  const column = (values: readonly number[]) => {
    const padded = new Float64Array(frames);
    padded.set(values, first);
    return padded;
  };
  return { boxes: rows, scores: column(scores), seconds: column(seconds) };
}
