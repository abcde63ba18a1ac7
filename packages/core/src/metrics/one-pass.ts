import type { Box } from "../geometry/box.ts";
import type { AllScores, Curves, Scores } from "./curves.ts";
import { conventionsOf, PROTOCOLS } from "./protocols.ts";
import { type SequenceColumns, scoreColumns } from "./score-frames.ts";

/** One tracker's boxes on one sequence, beside the truth; one entry a frame, the first frame included. */
export interface SequenceBoxes {
  readonly predicted: readonly Box[];
  /** NaN or empty boxes where the target is absent. */
  readonly truth: readonly Box[];
  /** False where the data set flags the target as absent; default: all true. */
  readonly visible?: readonly boolean[];
}

/** One-pass evaluation of one sequence. */
export interface SequenceResult {
  readonly curves: Curves;
  readonly scores: Scores;
  /** Overlap of each frame, -1 where a frame counts as a miss whatever the threshold. */
  readonly overlaps: readonly number[];
}

const KINDS: Readonly<Record<string, string>> = {
  LaSOT: "lasot",
  LaSOT_Extension: "lasot_ext",
  VastTrack: "vasttrack",
};

/**
 * One-pass evaluation as the published numbers of most trackers are computed, oddities included: the protocol `stark`.
 *
 * Boxes are pixel rectangles whose last pixel lies at `x + width - 1`; success counts overlaps strictly above a threshold;
 * all frames, invalid ones too, are in the denominator; outside LaSOT and VastTrack an invalid frame is a hit in
 * normalised precision, and for names that begin with `UAV` in precision too. `dataset` is the reference's name: `LaSOT`,
 * `LaSOT_Extension`, `VastTrack`, `UAV123`, or any other. Curves hold float32 values. Throws `METRICS_EMPTY`,
 * `METRICS_LENGTH`. Source: specification 5.2.
 */
export function compatibleOnePass(boxes: SequenceBoxes, dataset: string): SequenceResult {
  const kind = KINDS[dataset] ?? (dataset.startsWith("UAV") ? "uav123" : "");
  const { curves, scores, overlaps } = scoreColumns(columnsOf(boxes), conventionsOf(PROTOCOLS.stark, kind));
  const { ao: _, ...read } = scores;
  return { curves, scores: read, overlaps: Array.from(overlaps) };
}

/** {@link Scores} with the average overlap. */
export type ContinuousScores = AllScores;

/** {@link SequenceResult} of the continuous convention. */
export interface ContinuousResult extends SequenceResult {
  readonly scores: ContinuousScores;
}

/**
 * One-pass evaluation with boxes as continuous rectangles: the protocol `continuous`.
 *
 * Frames whose true box is not a proper one, or that are flagged absent, are left out of every figure (their `overlaps` are
 * NaN); success counts overlaps at or above a threshold, and no overlap at all is a miss at threshold 0 too. A sequence
 * without a single valid frame scores NaN. Throws `METRICS_EMPTY`, `METRICS_LENGTH`. Source: specification 5.3.
 */
export function continuousOnePass(boxes: SequenceBoxes): ContinuousResult {
  const { curves, scores, overlaps } = scoreColumns(columnsOf(boxes), PROTOCOLS.continuous.conventions);
  return { curves, scores, overlaps: Array.from(overlaps) };
}

/** Boxes as columns. */
export function columnsOf({ predicted, truth, visible }: SequenceBoxes): SequenceColumns {
  return {
    predicted: rowsOf(predicted),
    truth: rowsOf(truth),
    visible: visible && Uint8Array.from(visible, (seen) => (seen ? 1 : 0)),
  };
}

/** `x, y, width, height` one after the other: `[boxes, 4]`. */
export function rowsOf(boxes: readonly Box[]): Float64Array {
  const rows = new Float64Array(boxes.length * 4);
  boxes.forEach(({ x, y, width, height }, i) => {
    rows[4 * i] = x;
    rows[4 * i + 1] = y;
    rows[4 * i + 2] = width;
    rows[4 * i + 3] = height;
  });
  return rows;
}
