import { describeRow, hasDecimalCommas, splitLines, splitNumbers } from "@lorat/core/annotations";
import { LoratError } from "@lorat/graph";
import { parseBytesAsRows } from "../../datasets/boxes/parse-rows.ts";

export interface ResultFileOptions {
  /** Includes boxes with NaN or infinite numbers: the protocol judges them. */
  readonly allowNaN?: boolean;
}

/**
 * Boxes of a tracker's result file for a sequence of `frames` frames, `[frames, 4]`: four numbers a line, separated by commas,
 * tabs, semicolons or blanks, in any notation, a heading or not. Where the last line is missing, the last box is NaN. A first
 * line `1`, which the VOT toolkit writes for the given box, makes the first box NaN and sets `startsGiven`.
 *
 * Throws `RESULT_EMPTY`, `RESULT_LENGTH`, `RESULT_NAN`, `RESULT_POLYGON`, `RESULT_SEPARATOR`, `RESULT_DECIMAL_COMMA`, `RESULT_RESTARTS`, `RESULT_MALFORMED`,
 * each with
 * the first bad lines.
 */
export function parseResult(
  bytes: Uint8Array,
  file: string,
  frames: number,
  { allowNaN = false }: ResultFileOptions = {},
): { readonly rows: Float64Array; readonly lacksLast: boolean; readonly startsGiven: boolean } {
  const plain = parseBytesAsRows(bytes);
  const { rows, startsGiven } = plain
    ? { rows: plain, startsGiven: false }
    : parseSlowly(new TextDecoder().decode(bytes), file);
  const count = rows.length / 4;
  if (count === 0) throw new LoratError("RESULT_EMPTY", `${file} is empty, expected ${frames} boxes`);
  if (count !== frames && count !== frames - 1) {
    const many = count < frames ? "too few" : "too many";
    throw new LoratError(
      "RESULT_LENGTH",
      `${file} has ${many} lines: expected ${frames} boxes, found ${count}`,
    );
  }
  if (!allowNaN) checkFinite(startsGiven ? rows.subarray(4) : rows, file, startsGiven ? 2 : 1);
  if (count === frames) return { rows, lacksLast: false, startsGiven };
  const padded = new Float64Array(frames * 4).fill(Number.NaN);
  padded.set(rows);
  return { rows: padded, lacksLast: true, startsGiven };
}

function parseSlowly(text: string, file: string): { rows: Float64Array; startsGiven: boolean } {
  const lines = splitLines(text);
  const rows = new Float64Array(lines.length * 4);
  const problems = new Map<string, string[]>();
  let count = 0;
  const startsGiven = lines.length > 1 && lines[0]!.trim() === "1";
  lines.forEach((line, i) => {
    if (i === 0 && startsGiven) {
      rows.fill(Number.NaN, 0, 4);
      count++;
      return;
    }
    if (startsGiven && /^[012]$/.test(line.trim())) {
      problems.set("RESULT_RESTARTS", [...(problems.get("RESULT_RESTARTS") ?? []), `line ${i + 1}: ${line}`]);
      return;
    }
    const values = numbersOf(line);
    if (values?.length === 4) {
      rows.set(values, 4 * count++);
      return;
    }
    if (i === 0 && /[a-z]/i.test(line) && !/\d/.test(line) && !/nan|inf/i.test(line)) return;
    const code = codeOf(line, values);
    problems.set(code, [...(problems.get(code) ?? []), `line ${i + 1}: ${describeRow(line)}`]);
  });
  for (const [code, found] of problems) {
    const shown = found.length > 3 ? [...found.slice(0, 3), `and ${found.length - 3} more`] : found;
    throw new LoratError(code, `${file}: ${EXPECTED[code]}`, { issues: shown });
  }
  return { rows: rows.subarray(0, 4 * count), startsGiven };
}

const EXPECTED: Readonly<Record<string, string>> = {
  RESULT_RESTARTS: "the tracker failed or was started again, so this is no one-pass result",
  RESULT_POLYGON: "expected boxes of four numbers, found polygons",
  RESULT_SEPARATOR: "expected four numbers separated by commas, tabs or blanks, found another separator",
  RESULT_DECIMAL_COMMA: "expected four numbers with decimal points, found commas inside of numbers",
  RESULT_MALFORMED: "expected four numbers a line",
};

function codeOf(line: string, values: readonly number[] | undefined): string {
  if (values && values.length >= 6 && values.length % 2 === 0) return "RESULT_POLYGON";
  if (hasDecimalCommas(line)) return "RESULT_DECIMAL_COMMA";
  // Numbers with something else between them.
  const parts = line.trim().match(/[+-]?\d+(\.\d+)?/g)?.length ?? 0;
  return !values && parts === 4 && !/[a-df-z]/i.test(line) ? "RESULT_SEPARATOR" : "RESULT_MALFORMED";
}

/** As {@link splitNumbers}, infinities included. */
function numbersOf(line: string): number[] | undefined {
  if (!/inf/i.test(line)) return splitNumbers(line);
  return splitNumbers(line.replace(/[+-]?inf(inity)?/gi, "nan"));
}

function checkFinite(rows: Float64Array, file: string, firstBox: number): void {
  const bad: number[] = [];
  for (let row = 0; row < rows.length / 4; row++) {
    // A sum is finite where all its parts are; sums of such boxes do not overflow.
    if (!Number.isFinite(rows[4 * row]! + rows[4 * row + 1]! + rows[4 * row + 2]! + rows[4 * row + 3]!)) {
      bad.push(row + firstBox);
    }
  }
  if (bad.length === 0) return;
  const where = bad.length > 5 ? `${bad.slice(0, 5).join(", ")} and ${bad.length - 5} more` : bad.join(", ");
  throw new LoratError("RESULT_NAN", `${file}: NaN in box ${where}`, {
    hint: "With --allow-nan such boxes count as the protocol counts invalid ones.",
  });
}
