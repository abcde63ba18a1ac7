import { columnsOf, type SequenceBoxes, type SequenceResult } from "./one-pass.ts";
import { conventionsOf, PROTOCOLS } from "./protocols.ts";
import { scoreColumns } from "./score-frames.ts";

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
