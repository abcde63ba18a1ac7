import type { Planes } from "./augment.ts";
import { gaussianBlur } from "./gaussian-blur.ts";

/** One of the three DeiT-III operations, with its parameter. */
export type ThreeAugment =
  | { readonly kind: "greyscale" }
  | { readonly kind: "solarise" }
  | { readonly kind: "blur"; readonly radius: number };

/** `[3, 256]`: what an 8-bit level of each channel becomes. */
type LevelTable = Float32Array;

/** A table of what `value` (called with 0..1) says. */
export function levelTable(value: (level: number, channel: number) => number): LevelTable {
  return Float32Array.from({ length: 3 * 256 }, (_, i) => value(Math.fround((i % 256) / 255), i >> 8));
}

const plainLevels = levelTable((level) => level);

/**
 * One DeiT-III operation on the picture (values 0..1) truncated to 8 bits, as PIL does it (specification 3.5, step 3).
 * Results are looked up in `levels`; without it they are the multiples of 1/255.
 */
export function threeAugment(image: Planes, augment: ThreeAugment, levels: LevelTable = plainLevels): void {
  const { data, width, height } = image;
  if (augment.kind === "greyscale") greyscale(data, levels);
  else if (augment.kind === "solarise") mapLevels(data, solarised(levels));
  else blur(data, width, height, augment.radius, levels);
}

/** PIL's luma (ITU-R 601-2 in 16-bit fixed point) in all three planes. */
function greyscale(data: Float32Array, levels: LevelTable): void {
  const plane = data.length / 3;
  for (let i = 0; i < plane; i++) {
    const red = (data[i]! * 255) | 0;
    const green = (data[i + plane]! * 255) | 0;
    const blue = (data[i + 2 * plane]! * 255) | 0;
    const luma = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >>> 16;
    data[i] = levels[luma]!;
    data[i + plane] = levels[luma + 256]!;
    data[i + 2 * plane] = levels[luma + 512]!;
  }
}

/** Levels from 128 on are inverted. */
function solarised(levels: LevelTable): LevelTable {
  return levels.map((level, i) => ((i & 255) < 128 ? level : levels[i ^ 255]!));
}

function mapLevels(data: Float32Array, levels: LevelTable): void {
  const plane = data.length / 3;
  for (let channel = 0; channel < 3; channel++) {
    const end = (channel + 1) * plane;
    for (let i = channel * plane; i < end; i++) data[i] = levels[channel * 256 + ((data[i]! * 255) | 0)]!;
  }
}

function blur(data: Float32Array, width: number, height: number, radius: number, levels: LevelTable): void {
  const plane = width * height;
  const bytes = new Uint8Array(plane);
  for (let channel = 0; channel < 3; channel++) {
    const offset = channel * plane;
    for (let i = 0; i < plane; i++) bytes[i] = (data[offset + i]! * 255) | 0;
    gaussianBlur(bytes, width, height, radius);
    for (let i = 0; i < plane; i++) data[offset + i] = levels[channel * 256 + bytes[i]!]!;
  }
}
