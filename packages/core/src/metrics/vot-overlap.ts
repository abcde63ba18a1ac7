import type { Box } from "../geometry/box.ts";

/**
 * Overlap of two boxes in `[0, 1]` as the VOT toolkit counts it: boxes become whole pixels, from the rounded corner to the
 * rounded last pixel, only those inside the image count, and pixels of both are divided by pixels of either. 0 where a box
 * is empty or holds NaN. Without `image` the whole plane counts. Source: VOT toolkit, region overlap of the short-term
 * challenges ("bounded" analyses).
 */
export function votOverlap(
  a: Box,
  b: Box,
  image?: { readonly width: number; readonly height: number },
): number {
  const columns = sides(a.x, a.width, b.x, b.width, image?.width);
  const rows = sides(a.y, a.height, b.y, b.height, image?.height);
  const shared = columns.shared * rows.shared;
  const all = columns.first * rows.first + columns.second * rows.second - shared;
  return all > 0 ? shared / all : 0;
}

/** Pixels of two stretches of one axis, and of their common part. */
function sides(a: number, lengthA: number, b: number, lengthB: number, limit: number | undefined) {
  const highest = limit === undefined ? Number.POSITIVE_INFINITY : limit - 1;
  const lowest = limit === undefined ? Number.NEGATIVE_INFINITY : 0;
  const stretch = (start: number, length: number) => ({
    from: Math.max(roundHalfEven(start), lowest),
    to: Math.min(roundHalfEven(start + length - 1), highest),
  });
  const first = stretch(a, lengthA);
  const second = stretch(b, lengthB);
  const count = (from: number, to: number) => (to >= from ? to - from + 1 : 0); // 0 for NaN too
  return {
    first: count(first.from, first.to),
    second: count(second.from, second.to),
    shared: count(Math.max(first.from, second.from), Math.min(first.to, second.to)),
  };
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
