import type { Corners } from "../geometry/box.ts";
import type { Frame } from "../geometry/frame.ts";

/** Share of a box's pixels in each cell of the colour cube: `[8 * 8 * 8]`, red slowest. */
export type ColourHistogram = Float32Array;

/** Levels a channel. */
const LEVELS = 8;
const SHIFT = 5; // 256 / LEVELS = 2 ** SHIFT
/** Points looked at along each side of the box, whatever its size. */
const POINTS = 24;

/**
 * The colours of what a box shows, looked up at 24 x 24 points (nearest pixels); points outside the image do not count, and
 * without any the histogram is all zeros. `box` in image pixels.
 */
export function colourHistogram(frame: Frame, [x1, y1, x2, y2]: Corners): ColourHistogram {
  const { data, width, height, channels } = frame;
  const histogram = new Float32Array(LEVELS ** 3);
  let count = 0;
  for (let row = 0; row < POINTS; row++) {
    const y = Math.floor(y1 + ((row + 0.5) / POINTS) * (y2 - y1));
    if (!(y >= 0 && y < height)) continue;
    for (let column = 0; column < POINTS; column++) {
      const x = Math.floor(x1 + ((column + 0.5) / POINTS) * (x2 - x1));
      if (!(x >= 0 && x < width)) continue;
      const at = (y * width + x) * channels;
      const cell =
        ((data[at]! >> SHIFT) * LEVELS + (data[at + 1]! >> SHIFT)) * LEVELS + (data[at + 2]! >> SHIFT);
      histogram[cell]!++;
      count++;
    }
  }
  return count > 0 ? histogram.map((value) => value / count) : histogram;
}

/** Bhattacharyya coefficient of two histograms: 1 where they are the same, 0 where they share no colour. */
export function likeness(a: ColourHistogram, b: ColourHistogram): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.sqrt(a[i]! * b[i]!);
  return sum;
}
