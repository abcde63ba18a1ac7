import { LoratError } from "@lorat/graph";
import {
  type AllScores,
  type Curves,
  NORMALISED_PRECISION_THRESHOLDS,
  PRECISION_THRESHOLDS,
  scoresOf,
} from "./curves.ts";
import type { Conventions, FrameRule } from "./protocols.ts";
import { Tally } from "./tally.ts";

/** One tracker's boxes on one sequence beside the truth, as columns: `x, y, width, height` a frame, `[frames, 4]`. */
export interface SequenceColumns {
  readonly predicted: Float64Array;
  /** NaN or without area where the target is absent. */
  readonly truth: Float64Array;
  /** `[frames]`: 0 where the data set flags the target as absent; default: all visible. */
  readonly visible?: Uint8Array | undefined;
  /** The picture's, where it is known. */
  readonly size?: { readonly width: number; readonly height: number } | undefined;
}

/** One sequence's figures under some conventions. */
export interface SequenceScore {
  /** Frames in the denominator; with none, every figure is NaN. */
  readonly frames: number;
  readonly curves: Curves;
  readonly scores: AllScores;
  /** `[frames of the sequence]`: -1 for a miss whatever the threshold, NaN for a frame that is left out. */
  readonly overlaps: Float64Array;
}

/**
 * One-pass evaluation of a sequence under given conventions.
 *
 * Throws `METRICS_EMPTY` without frames, `METRICS_LENGTH` where the columns are not of one length. Source: specification
 * 5.2 and 5.3.
 */
export function scoreColumns(columns: SequenceColumns, conventions: Conventions): SequenceScore {
  checkColumns(columns);
  const { truth, visible, size } = columns;
  const predicted = preparedPredictions(columns, conventions);
  const frames = truth.length / 4;
  const overlaps = new Float64Array(frames).fill(-1);
  const inclusive = conventions.success === "at-or-above";
  const success = new Tally(successThresholds(conventions.successThresholds));
  const precision = new Tally(PRECISION_THRESHOLDS);
  const normalised = new Tally(NORMALISED_PRECISION_THRESHOLDS);
  const pixel = conventions.rectangle === "pixels" ? 1 : 0;
  const missInvalid = conventions.invalidPrediction === "miss";
  const { absentFrames, invalidFrames } = conventions;
  const clip = conventions.clipped ? size : undefined;
  let counted = 0;
  let overlapSum = 0;

  const withoutTruth = (frame: number, rule: FrameRule) => {
    if (rule === "left-out") {
      overlaps[frame] = Number.NaN;
      return;
    }
    counted++;
    if (rule.precision === "hit") precision.addAtMost(-1);
    if (rule.normalisedPrecision === "hit") normalised.addAtMost(-1);
  };

  for (let i = 0; i < frames; i++) {
    const at = 4 * i;
    if (i === 0 && conventions.firstFrame === "left-out") {
      overlaps[0] = Number.NaN;
      continue;
    }
    if (absentFrames !== "scored" && visible?.[i] === 0) {
      withoutTruth(i, absentFrames);
      continue;
    }
    if (!isTruth(truth, at, conventions.truth)) {
      withoutTruth(i, invalidFrames);
      continue;
    }
    counted++;
    if (missInvalid && !isProper(predicted, at)) continue;
    const gx = truth[at]!;
    const gy = truth[at + 1]!;
    const gw = truth[at + 2]!;
    const gh = truth[at + 3]!;
    const px = predicted[at]!;
    const py = predicted[at + 1]!;
    const pw = predicted[at + 2]!;
    const ph = predicted[at + 3]!;
    const overlap = clip
      ? clippedOverlap(px, py, pw, ph, gx, gy, gw, gh, clip)
      : pixel
        ? pixelOverlap(px, py, pw, ph, gx, gy, gw, gh)
        : continuousOverlap(px, py, pw, ph, gx, gy, gw, gh);
    overlaps[i] = overlap;
    if (overlap > 0) overlapSum += overlap;
    if (!inclusive) success.addAbove(overlap);
    else if (overlap > 0) success.addAtLeast(overlap);
    let dx: number;
    let dy: number;
    if (pixel) {
      dx = px + 0.5 * (pw - 1) - (gx + 0.5 * (gw - 1));
      dy = py + 0.5 * (ph - 1) - (gy + 0.5 * (gh - 1));
    } else {
      dx = (px + (px + pw) - gx - (gx + gw)) / 2;
      dy = (py + (py + ph) - gy - (gy + gh)) / 2;
    }
    precision.addAtMost(Math.sqrt(dx * dx + dy * dy));
    const nx = dx / (pixel ? gw : gx + gw - gx);
    const ny = dy / (pixel ? gh : gy + gh - gy);
    normalised.addAtMost(Math.sqrt(nx * nx + ny * ny));
  }
  const rounded = (shares: number[]) => (conventions.curves === "float32" ? shares.map(Math.fround) : shares);
  const curves = {
    success: rounded(success.sharesAbove(counted)),
    precision: rounded(precision.sharesAtMost(counted)),
    normalisedPrecision: rounded(normalised.sharesAtMost(counted)),
  };
  return {
    frames: counted,
    curves,
    scores: { ...scoresOf(curves), ao: overlapSum / counted },
    overlaps,
  };
}

const successGrids = new Map<number, readonly number[]>();

/** `count` overlaps from 0 to 1, evenly spaced. */
export function successThresholds(count: number): readonly number[] {
  const known = successGrids.get(count);
  if (known) return known;
  const grid = Array.from({ length: count }, (_, i) => i / (count - 1));
  successGrids.set(count, grid);
  return grid;
}

/** The predictions with the first box and the invalid ones replaced where the conventions say so. */
function preparedPredictions(
  { predicted, truth }: SequenceColumns,
  { firstFrame, invalidPrediction }: Conventions,
): Float64Array {
  if (firstFrame !== "given" && invalidPrediction !== "previous") return predicted;
  const boxes = predicted.slice();
  if (firstFrame === "given") boxes.set(truth.subarray(0, 4));
  if (invalidPrediction === "previous") {
    for (let at = 4; at < boxes.length; at += 4) if (!isProper(boxes, at)) boxes.copyWithin(at, at - 4, at);
  }
  return boxes;
}

function isTruth(boxes: Float64Array, at: number, rule: Conventions["truth"]): boolean {
  if (rule === "finite") return isProper(boxes, at);
  const hasArea = boxes[at + 2]! > 0 && boxes[at + 3]! > 0;
  return hasArea && (rule === "area" || (boxes[at]! > 0 && boxes[at + 1]! > 0));
}

/** Finite corners, the second beyond the first. */
function isProper(boxes: Float64Array, at: number): boolean {
  const right = boxes[at]! + boxes[at + 2]!;
  const bottom = boxes[at + 1]! + boxes[at + 3]!;
  return (
    right > boxes[at]! &&
    bottom > boxes[at + 1]! &&
    right < Number.POSITIVE_INFINITY &&
    bottom < Number.POSITIVE_INFINITY &&
    boxes[at]! > Number.NEGATIVE_INFINITY &&
    boxes[at + 1]! > Number.NEGATIVE_INFINITY
  );
}

/** Intersection over union with the last pixel included; NaN where a box holds one. */
// biome-ignore format: one line reads as the formula
function pixelOverlap(px: number, py: number, pw: number, ph: number, gx: number, gy: number, gw: number, gh: number): number {
  const width = Math.max(Math.min(px + pw - 1, gx + gw - 1) - Math.max(px, gx) + 1, 0);
  const height = Math.max(Math.min(py + ph - 1, gy + gh - 1) - Math.max(py, gy) + 1, 0);
  const shared = width * height;
  return shared / (pw * ph + gw * gh - shared);
}

/** Intersection over union from corners, so that equal boxes have exactly 1. */
// biome-ignore format: as above
function continuousOverlap(px: number, py: number, pw: number, ph: number, gx: number, gy: number, gw: number, gh: number): number {
  return cornerOverlap(px, py, px + pw, py + ph, gx, gy, gx + gw, gy + gh);
}

// biome-ignore format: as above
function clippedOverlap(px: number, py: number, pw: number, ph: number, gx: number, gy: number, gw: number, gh: number, { width, height }: { readonly width: number; readonly height: number }): number {
  const cut = (value: number, high: number) => Math.min(Math.max(value, 0), high);
  return cornerOverlap(
    cut(px, width), cut(py, height), cut(px + pw, width), cut(py + ph, height),
    cut(gx, width), cut(gy, height), cut(gx + gw, width), cut(gy + gh, height),
  );
}

// biome-ignore format: as above
function cornerOverlap(px: number, py: number, pr: number, pb: number, gx: number, gy: number, gr: number, gb: number): number {
  const width = Math.max(Math.min(pr, gr) - Math.max(px, gx), 0);
  const height = Math.max(Math.min(pb, gb) - Math.max(py, gy), 0);
  const shared = width * height;
  const union = Math.max(pr - px, 0) * Math.max(pb - py, 0) + Math.max(gr - gx, 0) * Math.max(gb - gy, 0) - shared;
  return union > 0 ? shared / union : Number.isNaN(union) ? Number.NaN : 0;
}

/** Throws `METRICS_EMPTY` or `METRICS_LENGTH` unless all columns hold the same, positive number of frames. */
function checkColumns({ predicted, truth, visible }: SequenceColumns): void {
  if (truth.length === 0) throw new LoratError("METRICS_EMPTY", "the sequence holds no frame");
  const frames = truth.length / 4;
  if (predicted.length !== truth.length || (visible && visible.length !== frames)) {
    const flags = visible ? ` and ${visible.length} visibility flags` : "";
    throw new LoratError(
      "METRICS_LENGTH",
      `the sequence has ${frames} true boxes, ${predicted.length / 4} predicted ones${flags}`,
    );
  }
}
