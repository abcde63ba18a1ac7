/** How a tracker's four numbers are to be read, beside the benchmark's own files. */
export interface Coordinates {
  /** `x, y, width, height`, or two corners. */
  readonly order: "xywh" | "xyxy";
  /** Added to all positions, where a tracker counts pixels from another number than the benchmark. */
  readonly shift: -1 | 0 | 1;
}

/** As the benchmark's own files. */
export const PLAIN: Coordinates = { order: "xywh", shift: 0 };

const TOLERANCE = 0.02;
/** Share of sequences that must agree, so that no single coincidence moves all boxes. */
const QUORUM = 0.5;
const AGREEMENT = 0.9;

const CANDIDATES: readonly Coordinates[] = (["xywh", "xyxy"] as const).flatMap((order) =>
  ([0, 1, -1] as const).map((shift) => ({ order, shift })),
);

/**
 * How a tracker's results are to be read, told by their first boxes: trackers repeat the box that they were given, so the
 * reading under which these are the true ones is the right one. Another reading than {@link PLAIN} needs nine tenths of the
 * sequences with a recognised first box, and half of all.
 */
export function detectCoordinates(
  sequences: readonly { readonly rows: Float64Array; readonly truth: Float64Array }[],
): Coordinates {
  const votes = new Map<Coordinates, number>();
  let voters = 0;
  for (const { rows, truth } of sequences) {
    const reading = CANDIDATES.find((one) => isSame(read(rows, one), truth));
    if (!reading) continue;
    voters++;
    votes.set(reading, (votes.get(reading) ?? 0) + 1);
  }
  for (const [reading, count] of votes) {
    if (count >= AGREEMENT * voters && count >= QUORUM * sequences.length) return reading;
  }
  return PLAIN;
}

/** Rows read in a certain way, as `x, y, width, height` of the benchmark's files; changes them in place. */
export function applyCoordinates(rows: Float64Array, { order, shift }: Coordinates): void {
  if (order === "xywh" && shift === 0) return;
  for (let at = 0; at < rows.length; at += 4) {
    if (order === "xyxy") {
      rows[at + 2]! -= rows[at]!;
      rows[at + 3]! -= rows[at + 1]!;
    }
    rows[at]! += shift;
    rows[at + 1]! += shift;
  }
}

/** One line for people; undefined for {@link PLAIN}. */
export function describeCoordinates({ order, shift }: Coordinates): string | undefined {
  const parts = [
    ...(order === "xyxy" ? ["two corners a line"] : []),
    ...(shift === 0 ? [] : [`pixels counted from one ${shift > 0 ? "less" : "more"} than the benchmark's`]),
  ];
  return parts.length > 0 ? `results read as ${parts.join(", ")}, as their first boxes show` : undefined;
}

function read(rows: Float64Array, { order, shift }: Coordinates): readonly number[] {
  const [a, b, c, d] = [rows[0]!, rows[1]!, rows[2]!, rows[3]!];
  return order === "xywh" ? [a + shift, b + shift, c, d] : [a + shift, b + shift, c - a, d - b];
}

function isSame(box: readonly number[], truth: Float64Array): boolean {
  return box.every((value, i) => Math.abs(value - truth[i]!) <= TOLERANCE);
}
