import type { Box, Corners } from "@lorat/core";
import { LoratError } from "@lorat/graph";

/** A region in the text forms that TraX and the VOT toolkit share. */
export type Region =
  | { readonly kind: "rectangle"; readonly box: Box }
  | { readonly kind: "polygon"; readonly points: readonly (readonly [x: number, y: number])[] }
  | {
      readonly kind: "mask";
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      /** Lengths of runs over the rows, background first, background and foreground in turn. */
      readonly runs: readonly number[];
    }
  /** No shape: 0 unknown, 1 initialised here, 2 failed here. */
  | { readonly kind: "special"; readonly code: number };

/** The name a region begins with in TraX, `m` being the toolkit's short form. */
const PREFIXES: Readonly<Record<string, Region["kind"]>> = {
  rect: "rectangle",
  rectangle: "rectangle",
  poly: "polygon",
  polygon: "polygon",
  mask: "mask",
  special: "special",
};

/**
 * Reads a region: `x,y,w,h`; `x1,y1,x2,y2,x3,y3,...`; `mask:x,y,w,h,runs` or `mx,y,w,h,runs`; one number for a region without
 * shape, which NaN stands for too. Throws `REGION_MALFORMED`. Source: TraX protocol specification, "Region formats"; VOT toolkit
 * documentation, "Trackers protocols".
 */
export function parseRegion(text: string): Region {
  const trimmed = text.trim();
  const named = /^([a-z]+):/.exec(trimmed);
  const short = !named && trimmed.startsWith("m");
  const kind = named ? PREFIXES[named[1]!] : short ? "mask" : undefined;
  if (named && !kind) throw malformed(text, `"${named[1]}" is no kind of region`);
  const body = named ? trimmed.slice(named[0].length) : short ? trimmed.slice(1) : trimmed;
  const numbers = body.split(",").map((word) => (word.trim() === "" ? undefined : numberOf(word.trim())));
  if (numbers.some((value) => value === undefined)) throw malformed(text, "not all are numbers");
  const values = numbers as number[];
  if (values.some(Number.isNaN)) return { kind: "special", code: 0 };
  if (kind === "mask") return maskOf(values, text);
  if (kind === "special" || (!kind && values.length === 1)) {
    if (values.length !== 1) throw malformed(text, "one number was expected");
    return { kind: "special", code: Math.trunc(values[0]!) };
  }
  if (kind === "rectangle" || (!kind && values.length === 4)) {
    if (values.length !== 4) throw malformed(text, "four numbers were expected");
    const [x, y, width, height] = values as [number, number, number, number];
    return { kind: "rectangle", box: { x, y, width, height } };
  }
  if (values.length >= 6 && values.length % 2 === 0) {
    const points = Array.from({ length: values.length / 2 }, (_, i): [number, number] => [
      values[2 * i]!,
      values[2 * i + 1]!,
    ]);
    return { kind: "polygon", points };
  }
  throw malformed(text, `${values.length} numbers are no region`);
}

/** The region as TraX writes it, coordinates with four decimals. */
export function formatRegion(region: Region): string {
  const fixed = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(",");
  switch (region.kind) {
    case "rectangle": {
      const { x, y, width, height } = region.box;
      return fixed([x, y, width, height]);
    }
    case "polygon":
      return fixed(region.points.flat());
    case "mask":
      return `mask:${[region.x, region.y, region.width, region.height, ...region.runs].join(",")}`;
    default:
      return `${region.code}`;
  }
}

/**
 * The tight box around a region; undefined for one without shape. The pixels of a mask count whole, so its box is
 * `(x0, y0, x1 - x0 + 1, y1 - y0 + 1)`; a polygon's points are coordinates, so its sides are differences. Source: specification
 * 5.5.
 */
export function regionBox(region: Region): Box | undefined {
  if (region.kind === "special") return undefined;
  if (region.kind === "rectangle") return region.box;
  if (region.kind === "polygon") {
    const xs = region.points.map(([x]) => x);
    const ys = region.points.map(([, y]) => y);
    const x = Math.min(...xs);
    const y = Math.min(...ys);
    return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
  }
  return maskBox(region);
}

/** A tracker's box as VOT trackers report it: whole pixels that hold it. Source: specification 5.5. */
export function reportedBox([x1, y1, x2, y2]: Corners): Box {
  const x = Math.trunc(x1);
  const y = Math.trunc(y1);
  return { x, y, width: Math.trunc(x2 + 1 - 1e-4) - x, height: Math.trunc(y2 + 1 - 1e-4) - y };
}

function maskBox({ x, y, width, runs }: Extract<Region, { kind: "mask" }>): Box | undefined {
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let top: number | undefined;
  let bottom = 0;
  let position = 0;
  for (const [i, run] of runs.entries()) {
    if (i % 2 === 1 && run > 0) {
      const end = position + run - 1;
      const firstRow = Math.floor(position / width);
      const lastRow = Math.floor(end / width);
      top ??= firstRow;
      bottom = lastRow;
      // A run over the end of a row reaches both sides.
      left = Math.min(left, lastRow > firstRow ? 0 : position % width);
      right = Math.max(right, lastRow > firstRow ? width - 1 : end % width);
    }
    position += run;
  }
  if (top === undefined) return undefined;
  return { x: x + left, y: y + top, width: right - left + 1, height: bottom - top + 1 };
}

function maskOf(values: readonly number[], text: string): Region {
  if (values.length < 4 || !values.every(Number.isSafeInteger)) {
    throw malformed(text, "a mask needs x, y, width, height and runs, all whole numbers");
  }
  const [x, y, width, height, ...runs] = values as [number, number, number, number, ...number[]];
  const pixels = runs.reduce((sum, run) => sum + run, 0);
  if (width < 0 || height < 0 || runs.some((run) => run < 0) || pixels > width * height) {
    throw malformed(text, `its runs cover ${pixels} pixels of ${width} x ${height}`);
  }
  return { kind: "mask", x, y, width, height, runs };
}

function numberOf(word: string): number | undefined {
  if (/^[-+]?nan$/i.test(word)) return Number.NaN;
  const value = Number(word);
  return Number.isFinite(value) ? value : undefined;
}

function malformed(text: string, problem: string): LoratError {
  const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text;
  return new LoratError("REGION_MALFORMED", `"${shown}" is not a region: ${problem}`, {
    hint: "regions are x,y,w,h, or x1,y1,x2,y2,x3,y3,..., or mask:x,y,w,h,runs",
  });
}
