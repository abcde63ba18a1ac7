import type { Frame } from "@lorat/core";
import type { Colour } from "@lorat/core/geometry";

/** A square of the image that a Siamese tracker looks at. */
interface SquareCrop {
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
  const columns = sampling(
    side,
    size,
    Math.floor(centreX - (side + 1) / 2 + 0.5),
    frame.width,
    frame.channels,
  );
  const rowBytes = frame.width * frame.channels;
  const rows = sampling(side, size, Math.floor(centreY - (side + 1) / 2 + 0.5), frame.height, rowBytes);
  const { data } = frame;
  for (let c = 0; c < 3; c++) {
    const fill = Math.trunc(border[c]!);
    // The family's networks are trained on OpenCV's order of channels.
    let out = (2 - c) * size * size;
    for (let y = 0; y < size; y++) {
      const row0 = rows.first[y]!;
      const row1 = rows.second[y]!;
      const lower = rows.weight[y]!;
      for (let x = 0; x < size; x++) {
        const column0 = columns.first[x]!;
        const column1 = columns.second[x]!;
        const p00 = row0 < 0 || column0 < 0 ? fill : data[row0 + column0 + c]!;
        const p01 = row0 < 0 || column1 < 0 ? fill : data[row0 + column1 + c]!;
        const p10 = row1 < 0 || column0 < 0 ? fill : data[row1 + column0 + c]!;
        const p11 = row1 < 0 || column1 < 0 ? fill : data[row1 + column1 + c]!;
        const right = columns.weight[x]!;
        const top = p00 + (p01 - p00) * right;
        const bottom = p10 + (p11 - p10) * right;
        target[out++] = Math.round(top + (bottom - top) * lower);
      }
    }
  }
}

interface Sampling {
  /** Where the two pixels of each output pixel begin in the frame's bytes; -1 outside the frame. */
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Weight of `second`. */
  readonly weight: Float64Array;
}

/** Which two of `from` pixels, the first of them at `start` in a frame of `length`, each of `to` pixels lies between. */
function sampling(from: number, to: number, start: number, length: number, step: number): Sampling {
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const weight = new Float64Array(to);
  const place = (index: number) => {
    const pixel = start + index;
    return pixel < 0 || pixel >= length ? -1 : pixel * step;
  };
  for (let i = 0; i < to; i++) {
    const position = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const whole = Math.floor(position);
    first[i] = place(whole);
    second[i] = place(Math.min(whole + 1, from - 1));
    weight[i] = position - whole;
  }
  return { first, second, weight };
}
