import { type AllScores, columnsOf, type SequenceBoxes, type SequenceResult } from "./one-pass.ts";
import { PROTOCOLS } from "./protocols.ts";
import { scoreColumns } from "./score-frames.ts";

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
