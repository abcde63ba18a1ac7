import { LoratError } from "@lorat/graph";
import type { Box } from "../geometry/box.ts";

/** The rows of {@link parseBoxRows} as boxes. */
export function parseBoxes(text: string, name?: string): Box[] {
  const rows = parseBoxRows(text, name);
  return Array.from({ length: rows.length / 4 }, (_, i) => ({
    x: rows[4 * i]!,
    y: rows[4 * i + 1]!,
    width: rows[4 * i + 2]!,
    height: rows[4 * i + 3]!,
  }));
}

/**
 * Rows of a text with one box a line, as `x, y, width, height` one after the other: `[rows, 4]`. A line holds four
 * numbers, or a polygon of eight (taken as its bounding box), separated by commas, tabs, semicolons or spaces; byte-order
 * mark, any line ends, a heading, blank lines at the end. Values that are not numbers (`NaN`, where the target is out of
 * view) are kept as NaN, so that line `i` stays frame `i`. Throws `BOXES_MALFORMED` with every bad line.
 */
export function parseBoxRows(text: string, name = "boxes"): Float64Array {
  const lines = splitLines(text);
  const rows = new Float64Array(lines.length * 4);
  const issues: string[] = [];
  let count = 0;
  lines.forEach((line, i) => {
    if (readPlainRow(line, rows, count * 4)) {
      count++;
      return;
    }
    const values = splitNumbers(line);
    if (values?.length === 4) rows.set(values, count++ * 4);
    else if (values?.length === 8 && !isFlat(values)) rows.set(boundsOfPolygon(values), count++ * 4);
    else if (!(i === 0 && isHeading(line))) {
      issues.push(`line ${i + 1}: expected 4 or 8 numbers, found ${describeRow(line)}`);
    }
  });
  if (issues.length > 0) {
    const shown = issues.length > 5 ? [...issues.slice(0, 5), `and ${issues.length - 5} more`] : issues;
    throw new LoratError("BOXES_MALFORMED", `${name} is not a list of boxes`, { issues: shown });
  }
  return rows.subarray(0, count * 4);
}

/** Lines of a text without a byte-order mark, whatever ends them, and without blank ones at the end. */
export function splitLines(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  while (lines.length > 0 && lines.at(-1)!.trim() === "") lines.pop();
  return lines;
}

/**
 * The numbers of a line; undefined where one of its words is none, and where commas could be decimal ones: `20,5;30,0` and
 * `20,5 30,0` are two numbers or four.
 */
export function splitNumbers(line: string): number[] | undefined {
  if (hasDecimalCommas(line)) return undefined;
  const words = line
    .trim()
    .split(/\s*[,;]\s*|\s+/)
    .filter((word, i, all) => !(word === "" && i === all.length - 1));
  const values = words.map((word) => {
    if (/^[+-]?nan$/i.test(word)) return Number.NaN;
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word) ? Number(word) : undefined;
  });
  return values.every((value) => value !== undefined) ? (values as number[]) : undefined;
}

/** Whether a line's commas stand between digits while something else separates its numbers. */
export function hasDecimalCommas(line: string): boolean {
  const text = line.trim().replace(/[,;\s]+$/, "");
  if (!/\d,\d/.test(text)) return false;
  if (text.includes(";")) return true;
  const words = text.split(/\s+/);
  return words.length > 1 && words.every((word) => !word.startsWith(",") && !word.endsWith(","));
}

/** The beginning of a row, for messages, with what may be wrong with it. */
export function describeRow(line: string): string {
  const found = JSON.stringify(line.slice(0, 60));
  return hasDecimalCommas(line) || isFlat(splitNumbers(line) ?? [])
    ? `${found}: decimal commas? Write decimal points`
    : found;
}

/** Whether eight numbers are a polygon without height but with width, as `20,0,30,0,36,0,30,0` is: four decimal commas. */
function isFlat(values: readonly number[]): boolean {
  if (values.length !== 8) return false;
  const [, , width, height] = boundsOfPolygon(values);
  return height === 0 && width > 0;
}

/** `[x, y, width, height]` of the tight box around `x1, y1, x2, y2, …`. */
export function boundsOfPolygon(points: readonly number[]): [number, number, number, number] {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i + 1 < points.length; i += 2) {
    // Math.min and Math.max keep NaN, as a polygon with one has no box.
    left = Math.min(left, points[i]!);
    right = Math.max(right, points[i]!);
    top = Math.min(top, points[i + 1]!);
    bottom = Math.max(bottom, points[i + 1]!);
  }
  return [left, top, right - left, bottom - top];
}

function isHeading(line: string): boolean {
  return /[a-z]/i.test(line) && !/\d/.test(line);
}

const TENS = Array.from({ length: 16 }, (_, i) => 10 ** i);

/**
 * The usual line, four decimals, several times faster than by regular expressions: a training set has millions. Up to 15
 * digits over a power of ten are rounded once, hence exactly as `Number` does; false for everything less plain.
 */
function readPlainRow(line: string, out: Float64Array, offset: number): boolean {
  const { length } = line;
  let at = 0;
  let between = 0;
  for (let k = 0; k < 4; k++) {
    while (at < length && isBlank(line.charCodeAt(at))) at++;
    const negative = line.charCodeAt(at) === 45;
    if (negative) at++;
    let mantissa = 0;
    let digits = 0;
    let decimals = -1;
    for (; at < length; at++) {
      const code = line.charCodeAt(at);
      if (code >= 48 && code <= 57) {
        mantissa = mantissa * 10 + (code - 48);
        digits++;
        if (decimals >= 0) decimals++;
      } else if (code === 46 && decimals < 0) decimals = 0;
      else break;
    }
    if (digits === 0 || digits > 15) return false;
    const value = decimals > 0 ? mantissa / TENS[decimals]! : mantissa;
    out[offset + k] = negative ? -value : value;
    const end = at;
    while (at < length && isBlank(line.charCodeAt(at))) at++;
    if (k === 3) return at === length;
    const separator = line.charCodeAt(at);
    const isMark = separator === 44 || separator === 59;
    if (isMark) at++;
    else if (at === end) return false;
    // One kind of separator a line: two may mean decimal commas.
    const kind = isMark ? separator : 32;
    if (k > 0 && kind !== between) return false;
    between = kind;
  }
  return true;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
