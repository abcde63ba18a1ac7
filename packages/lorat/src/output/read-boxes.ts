import { readFile } from "node:fs/promises";
import type { Box } from "@lorat/core";
import { LoratError } from "@lorat/graph";

/**
 * Reads a ground-truth or result file, one box a line. Throws `BOXES_NOT_FOUND` and what {@link parseBoxes} throws.
 */
export async function readBoxes(path: string): Promise<Box[]> {
  const text = await readFile(path, "utf8").catch((cause: Error) => {
    throw new LoratError("BOXES_NOT_FOUND", `${path} cannot be read: ${cause.message}`, { cause });
  });
  return parseBoxes(text, path);
}

/**
 * Boxes of a text with one box a line: `x y width height`, or a polygon of eight numbers (taken as its bounding
 * box), separated by commas, tabs, semicolons or spaces; byte-order mark, any line ends, a heading, blank lines at
 * the end. Values that are not numbers (`NaN`, where the target is out of view) are kept as NaN, so that line `i`
 * stays frame `i`. Throws `BOXES_MALFORMED` with every bad line.
 */
export function parseBoxes(text: string, name = "boxes"): Box[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  while (lines.length > 0 && lines.at(-1)!.trim() === "") lines.pop();
  const boxes: Box[] = [];
  const issues: string[] = [];
  lines.forEach((line, i) => {
    const values = splitNumbers(line);
    if (values?.length === 4) {
      const [x, y, width, height] = values as [number, number, number, number];
      boxes.push({ x, y, width, height });
    } else if (values?.length === 8) {
      boxes.push(boundingBox(values));
    } else if (!(i === 0 && isHeading(line))) {
      issues.push(`line ${i + 1}: expected 4 or 8 numbers, found ${JSON.stringify(line.slice(0, 60))}`);
    }
  });
  if (issues.length > 0) {
    const shown = issues.length > 5 ? [...issues.slice(0, 5), `and ${issues.length - 5} more`] : issues;
    throw new LoratError("BOXES_MALFORMED", `${name} is not a list of boxes`, { issues: shown });
  }
  return boxes;
}

function splitNumbers(line: string): number[] | undefined {
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

function boundingBox(polygon: readonly number[]): Box {
  const xs = polygon.filter((_, i) => i % 2 === 0);
  const ys = polygon.filter((_, i) => i % 2 === 1);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

function isHeading(line: string): boolean {
  return /[a-z]/i.test(line) && !/\d/.test(line);
}
