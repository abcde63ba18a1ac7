import { LoratError } from "@lorat/graph";
import { boundsOfPolygon, describeRow, splitLines, splitNumbers } from "./box-rows.ts";

/** One line of a label file, its columns not yet told apart. */
export interface YoloRow {
  readonly kind: number;
  /** What follows the class. */
  readonly values: readonly number[];
  /** Line of the file, from 1, and the file. */
  readonly line: number;
  readonly file: string;
  readonly text: string;
}

/** One object of a picture; lengths are shares of the picture's. */
export interface YoloObject {
  readonly track: number | undefined;
  readonly kind: number;
  readonly box: readonly [x: number, y: number, width: number, height: number];
  readonly line: number;
  readonly file: string;
}

/** Rows of a label file. Throws `BOXES_MALFORMED` with every bad line. */
export function parseYolo(text: string, file: string): YoloRow[] {
  const rows: YoloRow[] = [];
  const issues: string[] = [];
  splitLines(text).forEach((line, i) => {
    const [kind, ...values] = splitNumbers(line) ?? [];
    if (kind !== undefined && values.length >= 4 && values.every(Number.isFinite)) {
      rows.push({ kind, values, line: i + 1, file, text: line });
    } else if (line.trim() !== "") {
      issues.push(`line ${i + 1}: expected class cx cy width height [track], found ${describeRow(line)}`);
    }
  });
  fail(issues, file);
  return rows;
}

/**
 * What the columns of a folder's rows are, told by all rows of a length together, since one row alone can be several things:
 * after `class cx cy width height` a whole number is a track and a fraction a confidence; six numbers are a box with
 * confidence and track where the last is whole in all rows, a polygon of three points where it is not; more numbers are a
 * polygon, with a track where there is one more, with confidence and track where the last is whole and above 1. Throws
 * `BOXES_MALFORMED` with a row that could be two of these.
 */
export function objectsOf(rows: readonly YoloRow[]): YoloObject[] {
  const byLength = new Map<number, YoloRow[]>();
  for (const row of rows) {
    const { length } = row.values;
    byLength.set(length, [...(byLength.get(length) ?? []), row]);
  }
  const layouts = new Map([...byLength].map(([length, some]) => [length, layoutOf(length, some, byLength)]));
  const issues = new Map<string, string[]>();
  const objects = rows.map((row): YoloObject => {
    const { kind, values, line, file } = row;
    const { track, outline } = layouts.get(values.length)!;
    const box = outline === 4 ? centred(values) : boundsOfPolygon(values.slice(0, outline));
    if (box.some((value) => value > 2)) {
      const issue = `line ${line}: expected shares of the picture, found pixels: ${JSON.stringify(row.text.slice(0, 60))}`;
      issues.set(file, [...(issues.get(file) ?? []), issue]);
    }
    return { kind, box, track: track ? values.at(-1) : undefined, line, file };
  });
  for (const [file, some] of issues) fail(some, file);
  return objects;
}

interface Layout {
  /** Whether the last number is a track. */
  readonly track: boolean;
  /** How many numbers are the outline: 4 for a box, else the corners of a polygon. */
  readonly outline: number;
}

function layoutOf(
  length: number,
  rows: readonly YoloRow[],
  all: ReadonlyMap<number, readonly YoloRow[]>,
): Layout {
  const last = rows.map(({ values }) => values.at(-1)!);
  const isWhole = last.every(Number.isInteger);
  const odd = rows.find(({ values }) => !Number.isInteger(values.at(-1)!));
  const large = rows.find(({ values }) => values.at(-1)! > 1);
  if (length === 4) return { track: false, outline: 4 };
  if (odd && large && length !== 4) {
    throw unclear(large, `a number above 1 at the end where ${odd.file} has a fraction`);
  }
  if (length === 5) return { track: isWhole, outline: 4 };
  if (length % 2 === 1) {
    if (isWhole) return { track: true, outline: length - 1 };
    throw unclear(odd!, "an odd number of coordinates");
  }
  if (length > 6) {
    return isWhole && large ? { track: true, outline: length - 2 } : { track: false, outline: length };
  }
  const polygons = [...all.keys()].some((other) => other > 6);
  if (isWhole && (large || (rows.length > 1 && !polygons))) return { track: true, outline: 4 };
  if (isWhole || rows.every(({ values }) => Number.isInteger(values[4]))) {
    throw unclear(rows[0]!, "a box with confidence and track, or a polygon of three points");
  }
  return { track: false, outline: 6 };
}

function centred([cx, cy, width, height]: readonly number[]): YoloObject["box"] {
  return [cx! - width! / 2, cy! - height! / 2, width!, height!];
}

function unclear({ file, line, text }: YoloRow, what: string): LoratError {
  return new LoratError("BOXES_MALFORMED", `${file}: a row could be several things: ${what}`, {
    issues: [`line ${line}: ${JSON.stringify(text.slice(0, 60))}`],
    hint: "Write class cx cy width height [track], or polygons of four points and more.",
  });
}

function fail(issues: readonly string[], file: string): void {
  if (issues.length === 0) return;
  const shown = issues.length > 5 ? [...issues.slice(0, 5), `and ${issues.length - 5} more`] : issues;
  throw new LoratError("BOXES_MALFORMED", `${file} is not a YOLO label file`, { issues: shown });
}
