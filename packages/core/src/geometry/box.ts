import type { Size } from "./frame.ts";

/**
 * A box in image pixels: continuous coordinates with the origin at the top-left corner of the top-left pixel,
 * so pixel `i` covers `[i, i + 1)`. The one box type of the public API.
 */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Corners `[x1, y1, x2, y2]`, the reference implementation's own order; used inside geometry and the network only. */
export type Corners = readonly [x1: number, y1: number, x2: number, y2: number];

/** `{ x, y, width, height }` to `[x1, y1, x2, y2]`. */
export function toCorners(box: Box): Corners {
  return [box.x, box.y, box.x + box.width, box.y + box.height];
}

/** `[x1, y1, x2, y2]` to `{ x, y, width, height }`. */
export function fromCorners([x1, y1, x2, y2]: Corners): Box {
  return { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
}

/** True when all corners are finite and the box has a positive width and height. */
export function isValidBox([x1, y1, x2, y2]: Corners): boolean {
  // Differences of finite numbers can overflow, comparisons cannot.
  return (
    Number.isFinite(x1) &&
    Number.isFinite(y1) &&
    Number.isFinite(x2) &&
    Number.isFinite(y2) &&
    x1 < x2 &&
    y1 < y2
  );
}

/** The common part of two boxes; inverted (`x1 > x2` or `y1 > y2`) where they do not meet. */
export function intersection(a: Corners, b: Corners): Corners {
  return [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
}

/** True when two boxes share an area greater than zero. */
export function intersects(a: Corners, b: Corners): boolean {
  const [x1, y1, x2, y2] = intersection(a, b);
  return x1 < x2 && y1 < y2;
}

/** Width times height; 0 for an empty or inverted box. */
export function area([x1, y1, x2, y2]: Corners): number {
  return Math.max(x2 - x1, 0) * Math.max(y2 - y1, 0);
}

/** Intersection over union in `[0, 1]`; 0 when both boxes are empty. */
export function iou(a: Corners, b: Corners): number {
  const shared = area(intersection(a, b));
  const union = area(a) + area(b) - shared;
  return union > 0 ? shared / union : 0;
}

/** Every corner moved into `[0, width] x [0, height]`; NaN stays NaN, an outside box becomes an empty one on the border. */
export function clipToImage([x1, y1, x2, y2]: Corners, { width, height }: Size): Corners {
  return [clamp(x1, width), clamp(y1, height), clamp(x2, width), clamp(y2, height)];
}

function clamp(value: number, high: number): number {
  return Math.min(Math.max(value, 0), high);
}

/**
 * A box that a program can rely on: finite, inside the image, at least one pixel wide and high.
 *
 * A proper `raw` box that meets the image is clipped to it and, where what is left is thinner than a pixel, widened about
 * its centre. Anything else (NaN, infinite, empty, inverted, outside) gives `lastGood`, treated the same way; when that is
 * no proper box either, the whole image. The image must be at least one pixel wide and high.
 */
export function safeBox(raw: Corners, lastGood: Corners, size: Size): Box {
  const image: Corners = [0, 0, size.width, size.height];
  const usable = [raw, lastGood].find((box) => isValidBox(box) && intersects(box, image)) ?? image;
  const [x1, y1, x2, y2] = clipToImage(usable, size);
  const [x, width] = span(x1, x2, size.width);
  const [y, height] = span(y1, y2, size.height);
  return { x, y, width, height };
}

/** Start and length of `[start, end]` within `[0, size]`, at least 1 long. */
function span(start: number, end: number, size: number): [start: number, length: number] {
  if (end - start < 1) return [Math.min(Math.max((start + end) / 2 - 0.5, 0), size - 1), 1];
  // The sum cannot round past a whole `size`: the difference is off by at most half a unit in its last place.
  return [start, end - start];
}
