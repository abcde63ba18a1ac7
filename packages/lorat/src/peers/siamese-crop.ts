import type { Colour, Frame } from "@lorat/core";

/** A square of the image that a Siamese tracker looks at. */
export interface SquareCrop {
  readonly centreX: number;
  readonly centreY: number;
  /** Side in image pixels, a whole number. */
  readonly side: number;
}

/**
 * Cuts a square out of a frame and resizes it to `size`, as trackers of the SiamFC family expect it: whole pixels around
 * the centre, what lies outside filled with the first frame's mean, bilinear with half-pixel centres, rounded to bytes.
 *
 * `target` receives planes B, G, R of `[size, size]`, 0 to 255. Source: Bertinetto et al., "Fully-convolutional Siamese
 * networks for object tracking", section 2.4 (context and exemplar size); the pixel grid is the one of the family's code.
 */
export function cropSquare(
  frame: Frame,
  { centreX, centreY, side }: SquareCrop,
  size: number,
  border: Colour,
  target: Float32Array,
): void {
  const left = Math.floor(centreX - (side + 1) / 2 + 0.5);
  const top = Math.floor(centreY - (side + 1) / 2 + 0.5);
  const columns = sampling(side, size);
  const rows = sampling(side, size);
  const { data, width, height, channels } = frame;
  const plane = size * size;
  for (let y = 0; y < size; y++) {
    const y0 = top + rows.first[y]!;
    const y1 = top + rows.second[y]!;
    const wy = rows.weight[y]!;
    for (let x = 0; x < size; x++) {
      const x0 = left + columns.first[x]!;
      const x1 = left + columns.second[x]!;
      const wx = columns.weight[x]!;
      for (let c = 0; c < 3; c++) {
        const fill = Math.trunc(border[c]!);
        const at = (px: number, py: number) =>
          px < 0 || py < 0 || px >= width || py >= height ? fill : data[(py * width + px) * channels + c]!;
        const upper = at(x0, y0) * (1 - wx) + at(x1, y0) * wx;
        const lower = at(x0, y1) * (1 - wx) + at(x1, y1) * wx;
        // The family's networks are trained on OpenCV's order of channels.
        target[(2 - c) * plane + y * size + x] = Math.round(upper * (1 - wy) + lower * wy);
      }
    }
  }
}

interface Sampling {
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Weight of `second`. */
  readonly weight: Float64Array;
}

/** Which two of `from` pixels each of `to` pixels lies between. */
function sampling(from: number, to: number): Sampling {
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const weight = new Float64Array(to);
  for (let i = 0; i < to; i++) {
    const position = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    first[i] = Math.floor(position);
    second[i] = Math.min(first[i]! + 1, from - 1);
    weight[i] = position - first[i]!;
  }
  return { first, second, weight };
}
