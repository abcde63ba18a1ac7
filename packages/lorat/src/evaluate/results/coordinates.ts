import type { Corners } from "@lorat/core";
import { iou } from "@lorat/core/geometry";

/** How a tracker's four numbers are to be read, beside the benchmark's own files. */
export interface Coordinates {
  /** `x, y, width, height`, or two corners. */
  readonly order: "xywh" | "xyxy";
  /** Added to all positions, where a tracker counts pixels from another number than the benchmark. */
  readonly shift: -1 | 0 | 1;
}

/** As the benchmark's own files. */
const PLAIN: Coordinates = { order: "xywh", shift: 0 };

/**
 * What a caller asks for. `as-is`: rows are `x, y, width, height` as they are written. `corners`: rows are two corners.
 * `auto`: two corners where every row is such, else as written.
 */
export const COORDINATE_CHOICES = ["as-is", "auto", "corners"] as const;
export type CoordinateChoice = (typeof COORDINATE_CHOICES)[number];

/** Boxes of one sequence beside the true ones, `[frames, 4]` each. */
export interface RowsWithTruth {
  readonly rows: Float64Array;
  readonly truth: Float64Array;
}

const TOLERANCE = 0.02;
/** Share of sequences that must agree, so that no single coincidence names a convention. */
const QUORUM = 0.5;
const AGREEMENT = 0.9;

const CANDIDATES: readonly Coordinates[] = (["xywh", "xyxy"] as const).flatMap((order) =>
  ([0, 1, -1] as const).map((shift) => ({ order, shift })),
);

/**
 * The convention that first boxes hint at: trackers repeat the box that they were given. {@link PLAIN} unless nine tenths of
 * the sequences with a recognised first box, and half of all, agree on another. A hint for people: it is never applied.
 */
export function firstBoxConvention(sequences: readonly RowsWithTruth[]): Coordinates {
  const votes = new Map<Coordinates, number>();
  let voters = 0;
  for (const { rows, truth } of sequences) {
    const reading = CANDIDATES.find((one) => isSame(readRow(rows, 0, one), truth));
    if (!reading) continue;
    voters++;
    votes.set(reading, (votes.get(reading) ?? 0) + 1);
  }
  for (const [reading, count] of votes) {
    if (count >= AGREEMENT * voters && count >= QUORUM * sequences.length) return reading;
  }
  return PLAIN;
}

/**
 * True where every row of every sequence is two corners: the second right of and below the first, and the later rows of each
 * sequence overlapping the true boxes at least as well so read as when read as `x, y, width, height`.
 */
export function areCorners(sequences: readonly RowsWithTruth[]): boolean {
  return sequences.length > 0 && sequences.every(isCornerFile);
}

function isCornerFile({ rows, truth }: RowsWithTruth): boolean {
  let asCorners = 0;
  let asWritten = 0;
  for (let at = 0; at < rows.length; at += 4) {
    if (rows[at + 2]! < rows[at]! || rows[at + 3]! < rows[at + 1]!) return false;
    // The first row may be the given box in another form than all others.
    if (at === 0 && rows.length > 4) continue;
    const box = cornersAt(truth, at);
    asCorners += iou(rows.subarray(at, at + 4) as unknown as Corners, box) || 0;
    asWritten += iou(cornersAt(rows, at), box) || 0;
  }
  return asCorners >= asWritten;
}

/** Rows read in a certain way, as `x, y, width, height` of the benchmark's files; changes them in place. */
export function applyCoordinates(rows: Float64Array, reading: Coordinates): void {
  if (reading.order === "xywh" && reading.shift === 0) return;
  for (let at = 0; at < rows.length; at += 4) rows.set(readRow(rows, at, reading), at);
}

/** What was done to the rows, one line for people; undefined for {@link PLAIN}. */
export function describeCoordinates({ order, shift }: Coordinates): string | undefined {
  const parts = [
    ...(order === "xyxy" ? ["two corners a line"] : []),
    ...(shift === 0 ? [] : [`pixels counted from one ${shift > 0 ? "less" : "more"} than the benchmark's`]),
  ];
  return parts.length > 0 ? `results read as ${parts.join(", ")}` : undefined;
}

/** What first boxes hint at where rows were read in another way, with the option that would apply it. */
export function hintOfFirstBoxes(
  hint: Coordinates,
  read: Coordinates,
  { firstPixel }: { readonly firstPixel: 0 | 1 },
): string | undefined {
  if (hint.order === read.order && hint.shift === read.shift) return undefined;
  const parts = [
    ...(hint.order === read.order
      ? []
      : [`two corners (--coordinates corners${read.order === "xywh" ? ", if all rows are" : ""})`]),
    ...(hint.shift === read.shift
      ? []
      : [`counted from ${firstPixel - hint.shift} (--first-pixel ${firstPixel - hint.shift})`]),
  ];
  return `scored as written; the first boxes would be the given ones as ${parts.join(", ")}`;
}

function readRow(
  rows: Float64Array,
  at: number,
  { order, shift }: Coordinates,
): readonly [number, number, number, number] {
  const [a, b, c, d] = [rows[at]!, rows[at + 1]!, rows[at + 2]!, rows[at + 3]!];
  return order === "xywh" ? [a + shift, b + shift, c, d] : [a + shift, b + shift, c - a, d - b];
}

function cornersAt(rows: Float64Array, at: number): Corners {
  return [rows[at]!, rows[at + 1]!, rows[at]! + rows[at + 2]!, rows[at + 1]! + rows[at + 3]!];
}

function isSame(box: readonly number[], truth: Float64Array): boolean {
  return box.every((value, i) => Math.abs(value - truth[i]!) <= TOLERANCE);
}
