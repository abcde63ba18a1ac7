import type { Box } from "../geometry/box.ts";
import {
  checkSequence,
  curve,
  NORMALISED_PRECISION_THRESHOLDS,
  PRECISION_THRESHOLDS,
  type SequenceBoxes,
  type SequenceResult,
  SUCCESS_THRESHOLDS,
  scoresOf,
} from "./one-pass.ts";

/** Data sets whose absent frames are invalid even where the annotation holds a box. */
const FLAGGED = new Set(["LaSOT", "LaSOT_Extension", "VastTrack"]);
/** Data sets whose absent frames are misses in both precisions. */
const ABSENT_IS_MISS = new Set(["LaSOT", "VastTrack"]);

/**
 * One-pass evaluation as the published numbers of most trackers are computed, oddities included.
 *
 * Boxes are pixel rectangles whose last pixel lies at `x + width - 1`; success counts overlaps strictly above a threshold;
 * all frames, invalid ones too, are in the denominator; outside LaSOT and VastTrack an invalid frame is a hit in
 * normalised precision, and for names that begin with `UAV` in precision too. `dataset` is the reference's name: `LaSOT`,
 * `LaSOT_Extension`, `VastTrack`, `UAV123`, or any other. Curves hold float32 values. Throws `METRICS_EMPTY`,
 * `METRICS_LENGTH`. Source: specification 5.2.
 */
export function compatibleOnePass(boxes: SequenceBoxes, dataset: string): SequenceResult {
  checkSequence(boxes);
  const { predicted, truth, visible } = boxes;
  const overlaps: number[] = [];
  const errors: number[] = [];
  const normalisedErrors: number[] = [];
  for (const [i, g] of truth.entries()) {
    const p = predicted[i]!;
    const seen = visible?.[i] ?? true;
    const valid = g.width > 0 && g.height > 0 && (seen || !FLAGGED.has(dataset));
    const dx = centre(p.x, p.width) - centre(g.x, g.width);
    const dy = centre(p.y, p.height) - centre(g.y, g.height);
    if (valid) {
      overlaps.push(pixelOverlap(p, g));
      errors.push(Math.hypot(dx, dy));
      normalisedErrors.push(Math.hypot(dx / g.width, dy / g.height));
    } else if (!seen && ABSENT_IS_MISS.has(dataset)) {
      overlaps.push(-1);
      errors.push(Number.POSITIVE_INFINITY);
      normalisedErrors.push(Number.POSITIVE_INFINITY);
    } else {
      overlaps.push(-1);
      errors.push(dataset.startsWith("UAV") ? -1 : Number.POSITIVE_INFINITY);
      normalisedErrors.push(-1);
    }
  }
  const within = (error: number, threshold: number) => error <= threshold;
  const curves = {
    success: curve(overlaps, SUCCESS_THRESHOLDS, (overlap, threshold) => overlap > threshold).map(
      Math.fround,
    ),
    precision: curve(errors, PRECISION_THRESHOLDS, within).map(Math.fround),
    normalisedPrecision: curve(normalisedErrors, NORMALISED_PRECISION_THRESHOLDS, within).map(Math.fround),
  };
  return { curves, scores: scoresOf(curves), overlaps };
}

function centre(start: number, side: number): number {
  return start + 0.5 * (side - 1);
}

/** Intersection over union with the last pixel included; NaN where a box holds one. */
function pixelOverlap(p: Box, g: Box): number {
  const width = Math.max(Math.min(p.x + p.width - 1, g.x + g.width - 1) - Math.max(p.x, g.x) + 1, 0);
  const height = Math.max(Math.min(p.y + p.height - 1, g.y + g.height - 1) - Math.max(p.y, g.y) + 1, 0);
  const shared = width * height;
  return shared / (p.width * p.height + g.width * g.height - shared);
}
