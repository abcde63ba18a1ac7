import type { Dataset, DatasetSequence } from "../../datasets/dataset.ts";
import { type Segment, segmentOf } from "../../trackers/one-pass.ts";

/** With fewer clips than this, a part of every clip is held out in place of whole clips. */
const FEWEST_WHOLE_CLIPS = 4;
/** Share of the clips, or of each clip's frames at its end. */
const HELD_OUT_SHARE = 0.25;

/** What is trained on and what it is checked on. */
export interface Split {
  /** `clips`: whole clips are held out; `ends`: the last part of each. */
  readonly kind: "clips" | "ends";
  /** Positions of the sequences to train on. */
  readonly training: readonly number[];
  /** Share of each sequence's frames to train on, from the first on. */
  readonly trainingShare: number;
  readonly heldOut: readonly Segment[];
}

/** The longest segment that a check tracks, so that checks do not take longer than the training between them. */
const LONGEST_SEGMENT = 250;

/**
 * Splits clips for fine-tuning: with four or more, every fourth is held out whole, else the last quarter of each one. The
 * split depends on the clips' order alone, so the same clips are split alike every time.
 */
export function splitClips(clips: Dataset): Split {
  const all = Array.from({ length: clips.length }, (_, i) => i);
  const whole = all.length >= FEWEST_WHOLE_CLIPS;
  const every = Math.round(1 / HELD_OUT_SHARE);
  const isHeldOut = (index: number) => whole && index % every === every - 1;
  const trainingShare = whole ? 1 : 1 - HELD_OUT_SHARE;
  const heldOut = all
    .filter((index) => !whole || isHeldOut(index))
    .flatMap((index) => segmentsOf(clips.sequence(index), whole ? 0 : trainingShare));
  return {
    kind: whole ? "clips" : "ends",
    training: all.filter((index) => !isHeldOut(index)),
    trainingShare,
    heldOut,
  };
}

/** Every object of every clip, from its first frame on. */
export function heldOutOf(clips: Dataset): Segment[] {
  return Array.from({ length: clips.length }, (_, i) => segmentsOf(clips.sequence(i), 0)).flat();
}

/** Every object of a sequence, tracked from a share of its length on. */
function segmentsOf(sequence: DatasetSequence, after: number): Segment[] {
  return sequence.objects.flatMap((_, object) => {
    const segment = segmentOf(sequence, object, Math.floor(sequence.length * after));
    return segment ? [{ ...segment, to: Math.min(segment.to, segment.from + LONGEST_SEGMENT) }] : [];
  });
}
