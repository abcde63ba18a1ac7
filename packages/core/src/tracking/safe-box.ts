import { type Box, type Corners, clipToImage, intersects, isValidBox } from "../geometry/box.ts";
import type { Size } from "../geometry/frame.ts";

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
