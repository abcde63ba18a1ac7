import type { Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";

/** One size of a sprite: RGBA bytes with colour multiplied by alpha, so that shrinking and blending stay exact. */
export interface SpriteLevel {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** A thing that can be drawn: its picture at halving sizes, and the points that its box is measured with. */
export interface Sprite {
  readonly width: number;
  readonly height: number;
  /** Level 0 is the full size, each next one half of it. */
  readonly levels: readonly SpriteLevel[];
  /** Corners of the outermost opaque pixels of each row, `[x, y, x, y, …]` from the sprite's middle. */
  readonly extent: Float32Array;
  /** Opaque pixels of level 0. */
  readonly area: number;
}

/** Alpha from which a pixel belongs to the object. */
export const OPAQUE = 128;

/**
 * A sprite out of an RGBA picture with plain (not multiplied) colour, trimmed to what is opaque.
 * Throws `SPRITE_EMPTY` when nothing is.
 */
export function makeSprite(picture: Frame): Sprite {
  const trimmed = trim(picture);
  const levels: SpriteLevel[] = [trimmed];
  for (let level = trimmed; level.width >= 8 && level.height >= 8; ) {
    level = halve(level);
    levels.push(level);
  }
  const { extent, area } = measure(trimmed);
  return { width: trimmed.width, height: trimmed.height, levels, extent, area };
}

function trim({ width, height, channels, data }: Frame): SpriteLevel {
  if (channels !== 4) throw new LoratError("SPRITE_EMPTY", "a sprite needs a picture with transparency");
  let [x1, y1, x2, y2] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[(y * width + x) * 4 + 3]! < OPAQUE) continue;
      x1 = Math.min(x1, x);
      x2 = Math.max(x2, x + 1);
      y1 = Math.min(y1, y);
      y2 = Math.max(y2, y + 1);
    }
  }
  if (x1 >= x2) throw new LoratError("SPRITE_EMPTY", `a ${width} x ${height} cut-out has no opaque pixel`);
  const out = { width: x2 - x1, height: y2 - y1, data: new Uint8ClampedArray((x2 - x1) * (y2 - y1) * 4) };
  for (let y = 0, o = 0; y < out.height; y++) {
    for (let x = 0; x < out.width; x++, o += 4) {
      const i = ((y + y1) * width + x + x1) * 4;
      const alpha = data[i + 3]!;
      for (let c = 0; c < 3; c++) out.data[o + c] = (data[i + c]! * alpha) / 255;
      out.data[o + 3] = alpha;
    }
  }
  return out;
}

function halve({ width, height, data }: SpriteLevel): SpriteLevel {
  const half = { width: width >> 1, height: height >> 1 };
  const out = new Uint8ClampedArray(half.width * half.height * 4);
  const row = width * 4;
  for (let y = 0, o = 0; y < half.height; y++) {
    for (let x = 0; x < half.width; x++) {
      const i = y * 2 * row + x * 8;
      for (let c = 0; c < 4; c++, o++) {
        out[o] = (data[i + c]! + data[i + 4 + c]! + data[i + row + c]! + data[i + row + 4 + c]!) / 4;
      }
    }
  }
  return { ...half, data: out };
}

function measure({ width, height, data }: SpriteLevel): { extent: Float32Array; area: number } {
  const points: number[] = [];
  let area = 0;
  for (let y = 0; y < height; y++) {
    let left = -1;
    let right = -1;
    for (let x = 0; x < width; x++) {
      if (data[(y * width + x) * 4 + 3]! < OPAQUE) continue;
      if (left < 0) left = x;
      right = x + 1;
      area++;
    }
    if (left < 0) continue;
    for (const corner of [y, y + 1]) {
      points.push(left - width / 2, corner - height / 2, right - width / 2, corner - height / 2);
    }
  }
  return { extent: Float32Array.from(points), area };
}
