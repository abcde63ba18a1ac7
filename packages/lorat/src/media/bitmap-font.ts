import type { Box, Frame } from "@lorat/core";

export type Rgb = readonly [red: number, green: number, blue: number];

const GLYPH_WIDTH = 5;
export const GLYPH_HEIGHT = 7;

/** Seven rows a character, two hexadecimal digits each, of which the low five bits are pixels from left to right. */
const GLYPHS: Readonly<Record<string, string>> = {
  " ": "00000000000000",
  "0": "0e11131519110e",
  "1": "040c040404040e",
  "2": "0e11010204081f",
  "3": "1f02040201110e",
  "4": "02060a121f0202",
  "5": "1f101e0101110e",
  "6": "0608101e11110e",
  "7": "1f010204080808",
  "8": "0e11110e11110e",
  "9": "0e11110f01020c",
  A: "0e11111f111111",
  B: "1e11111e11111e",
  C: "0e11101010110e",
  D: "1c12111111121c",
  E: "1f10101e10101f",
  F: "1f10101e101010",
  G: "0e11101711110f",
  H: "1111111f111111",
  I: "0e04040404040e",
  J: "0702020202120c",
  K: "11121418141211",
  L: "1010101010101f",
  M: "111b1515111111",
  N: "11111915131111",
  O: "0e11111111110e",
  P: "1e11111e101010",
  Q: "0e11111115120d",
  R: "1e11111e141211",
  S: "0f10100e01011e",
  T: "1f040404040404",
  U: "1111111111110e",
  V: "11111111110a04",
  W: "11111115151b11",
  X: "11110a040a1111",
  Y: "1111110a040404",
  Z: "1f01020408101f",
  ".": "00000000000c0c",
  ",": "000000000c0408",
  ":": "000c0c000c0c00",
  "-": "0000001f000000",
  "+": "0004041f040400",
  "/": "01010204081010",
  "%": "18190204081303",
  "#": "0a0a1f0a1f0a0a",
  "(": "02040808080402",
  ")": "08040202020408",
  _: "0000000000001f",
  "?": "0e110102040004",
};

/** Width of `text` in pixels at `scale`. */
export function textWidth(text: string, scale: number): number {
  return text.length === 0 ? 0 : (text.length * (GLYPH_WIDTH + 1) - 1) * scale;
}

/** Writes `text` in capitals with its top-left corner at `(x, y)`; what lies outside the frame is left out. */
export function drawText(
  frame: Frame,
  text: string,
  {
    x,
    y,
    scale,
    colour,
  }: { readonly x: number; readonly y: number; readonly scale: number; readonly colour: Rgb },
): void {
  let left = Math.round(x);
  for (const character of text.toUpperCase()) {
    const glyph = GLYPHS[character] ?? GLYPHS["?"]!;
    for (let row = 0; row < GLYPH_HEIGHT; row++) {
      const bits = Number.parseInt(glyph.slice(row * 2, row * 2 + 2), 16);
      for (let column = 0; column < GLYPH_WIDTH; column++) {
        if (bits & (1 << (GLYPH_WIDTH - 1 - column))) {
          const place = {
            x: left + column * scale,
            y: Math.round(y) + row * scale,
            width: scale,
            height: scale,
          };
          fillRectangle(frame, place, colour);
        }
      }
    }
    left += (GLYPH_WIDTH + 1) * scale;
  }
}

/** Fills whole pixels `[x, x + width) x [y, y + height)`, as far as they lie in the frame; alpha is left alone. */
export function fillRectangle(
  { data, width: frameWidth, height: frameHeight, channels }: Frame,
  { x, y, width, height }: Box,
  [red, green, blue]: Rgb,
): void {
  const x1 = Math.max(0, x);
  const x2 = Math.min(frameWidth, x + width);
  const y2 = Math.min(frameHeight, y + height);
  for (let row = Math.max(0, y); row < y2; row++) {
    let at = (row * frameWidth + x1) * channels;
    for (let column = x1; column < x2; column++, at += channels) {
      data[at] = red;
      data[at + 1] = green;
      data[at + 2] = blue;
    }
  }
}
