import type { Frame } from "./frame.ts";

/** One value for each of R, G and B, in 0..255. */
export type Colour = readonly [r: number, g: number, b: number];

/** Mean of each channel over the whole frame, 0..255: the padding colour of crops (specification 4.2). */
export function imageMean(frame: Frame): Colour {
  const { data, channels, width, height } = frame;
  const length = width * height * channels;
  let r = 0;
  let g = 0;
  let b = 0;
  // Sums of bytes stay whole numbers, so neither the order nor the size of the frame changes the result.
  for (let i = 0; i < length; i += channels) {
    r += data[i]!;
    g += data[i + 1]!;
    b += data[i + 2]!;
  }
  const count = width * height;
  return [r / count, g / count, b / count];
}
