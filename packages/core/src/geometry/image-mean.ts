import type { Frame } from "./frame.ts";

/** One value for each of R, G and B, in 0..255. */
export type Colour = readonly [r: number, g: number, b: number];

/** Mean of each channel over the whole frame, 0..255: the padding colour of crops (specification 4.2). */
export function imageMean(frame: Frame): Colour {
  const { data, channels, width, height } = frame;
  const count = width * height;
  const wordsFit = littleEndian && data.byteOffset % 4 === 0;
  // Four pixels are whole words, whatever the number of channels.
  const inWords = wordsFit ? count - (count % 4) : 0;
  const sums = wordsFit ? wordSums(data, channels, inWords) : [0, 0, 0];
  // Sums of bytes stay whole numbers, so neither the order nor the size of the frame changes the result.
  for (let i = inWords * channels; i < count * channels; i += channels) {
    sums[0]! += data[i]!;
    sums[1]! += data[i + 1]!;
    sums[2]! += data[i + 2]!;
  }
  return [sums[0]! / count, sums[1]! / count, sums[2]! / count];
}

const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Two bytes of each word, with room to grow to 16 bits. */
const LANES = 0x00ff00ff;
/** Words after which 16 bits could overflow. */
const ROUND = 256;

/**
 * Sums per channel over the first `count` pixels (a multiple of 4), two bytes an addition: four times as fast as byte by
 * byte, and decoded frames are large.
 */
function wordSums(data: Frame["data"], channels: 3 | 4, count: number): number[] {
  const words = new Int32Array(data.buffer, data.byteOffset, (count * channels) / 4);
  return channels === 3 ? sumsOfThree(words) : sumsOfFour(words);
}

/** Three words hold four pixels: `RGBR GBRG BRGB` from the lowest byte up. */
function sumsOfThree(words: Int32Array): number[] {
  let r = 0;
  let g = 0;
  let b = 0;
  for (let start = 0; start < words.length; start += 3 * ROUND) {
    const end = Math.min(start + 3 * ROUND, words.length);
    let even0 = 0;
    let odd0 = 0;
    let even1 = 0;
    let odd1 = 0;
    let even2 = 0;
    let odd2 = 0;
    for (let i = start; i < end; i += 3) {
      const word0 = words[i]!;
      const word1 = words[i + 1]!;
      const word2 = words[i + 2]!;
      even0 = (even0 + (word0 & LANES)) | 0;
      odd0 = (odd0 + ((word0 >>> 8) & LANES)) | 0;
      even1 = (even1 + (word1 & LANES)) | 0;
      odd1 = (odd1 + ((word1 >>> 8) & LANES)) | 0;
      even2 = (even2 + (word2 & LANES)) | 0;
      odd2 = (odd2 + ((word2 >>> 8) & LANES)) | 0;
    }
    r += low(even0) + high(odd0) + high(even1) + low(odd2);
    g += low(odd0) + low(even1) + high(odd1) + high(even2);
    b += high(even0) + low(odd1) + low(even2) + high(odd2);
  }
  return [r, g, b];
}

/** A word is a pixel, `RGBA` from the lowest byte up. */
function sumsOfFour(words: Int32Array): number[] {
  let r = 0;
  let g = 0;
  let b = 0;
  for (let start = 0; start < words.length; start += ROUND) {
    const end = Math.min(start + ROUND, words.length);
    let even = 0;
    let odd = 0;
    for (let i = start; i < end; i++) {
      const word = words[i]!;
      even = (even + (word & LANES)) | 0;
      odd = (odd + ((word >>> 8) & LANES)) | 0;
    }
    r += low(even);
    g += low(odd);
    b += high(even);
  }
  return [r, g, b];
}

function low(lanes: number): number {
  return lanes & 0xffff;
}

function high(lanes: number): number {
  return lanes >>> 16;
}
