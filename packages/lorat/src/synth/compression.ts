import type { Pixels } from "./effects.ts";

/** The 8-point cosine transform as a matrix, row per frequency. */
const COSINES = Float32Array.from({ length: 64 }, (_, i) => {
  const frequency = i >> 3;
  const scale = frequency === 0 ? Math.sqrt(1 / 8) : 0.5;
  return scale * Math.cos(((2 * (i & 7) + 1) * frequency * Math.PI) / 16);
});

/**
 * Leaves the marks of lossy video and JPEG coding: colour at half the resolution, blocks of 8 x 8 brightness values with
 * their cosine coefficients rounded, the higher the frequency the coarser. In place; borders that fill no block stay.
 *
 * `step` is the rounding of the lowest frequency in grey levels, 4 (hardly seen) to 40 (blocks).
 */
export function compress(pixels: Pixels, step: number): void {
  const { width, height } = pixels;
  for (let y = 0; y + 8 <= height; y += 8)
    for (let x = 0; x + 8 <= width; x += 8) compressBlock(pixels, x, y, step);
}

/** How much coarser than the lowest frequency each one is rounded. */
const COARSENESS = Float32Array.from({ length: 64 }, (_, k) => 1 + ((k >> 3) + (k & 7)) * 0.6);

const luma = new Float32Array(64);
const scratch = new Float32Array(64);
const coefficients = new Float32Array(64);
const half = new Float32Array(64);
const wave = new Float32Array(8);

function compressBlock({ width, data }: Pixels, left: number, top: number, step: number): void {
  for (let y = 0, k = 0; y < 8; y++) {
    for (let x = 0, i = ((top + y) * width + left) * 3; x < 8; x++, k++, i += 3) {
      luma[k] = 0.299 * data[i]! + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!;
    }
  }
  forward(luma, coefficients);
  for (let k = 0; k < 64; k++) {
    const width8 = step * COARSENESS[k]!;
    coefficients[k] = Math.round(coefficients[k]! / width8) * width8;
  }
  inverse(coefficients, scratch);
  // Colour differences of each 2 x 2 pixels are averaged, brightness is the decoded one.
  for (let y = 0; y < 8; y += 2) {
    for (let x = 0; x < 8; x += 2) {
      const corner = ((top + y) * width + left + x) * 3;
      for (let c = 0; c < 3; c++) {
        let difference = 0;
        for (let q = 0; q < 4; q++) {
          const k = (y + (q >> 1)) * 8 + x + (q & 1);
          difference += data[corner + ((q >> 1) * width + (q & 1)) * 3 + c]! - luma[k]!;
        }
        const colour = (Math.round(difference / 4 / step) * step + difference / 4) / 2;
        for (let q = 0; q < 4; q++) {
          const k = (y + (q >> 1)) * 8 + x + (q & 1);
          data[corner + ((q >> 1) * width + (q & 1)) * 3 + c] = scratch[k]! + colour;
        }
      }
    }
  }
}

/** `C X Cᵀ` of an 8 x 8 block. */
function forward(block: Float32Array, out: Float32Array): void {
  for (let i = 0; i < 64; i += 8) {
    for (let j = 0; j < 8; j++) {
      let sum = 0;
      for (let k = 0; k < 8; k++) sum += block[i + k]! * COSINES[j * 8 + k]!;
      half[i + j] = sum;
    }
  }
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < 8; j++) {
      let sum = 0;
      for (let k = 0; k < 8; k++) sum += COSINES[i * 8 + k]! * half[k * 8 + j]!;
      out[i * 8 + j] = sum;
    }
  }
}

/** `Cᵀ X C` of the coefficients, of which most are 0: each that is not adds its wave to its row, each row to the block. */
function inverse(x: Float32Array, out: Float32Array): void {
  out.fill(0);
  for (let i = 0; i < 8; i++) {
    let used = false;
    for (let j = 0; j < 8; j++) {
      const value = x[i * 8 + j]!;
      if (value === 0) continue;
      if (!used) wave.fill(0);
      used = true;
      for (let k = 0; k < 8; k++) wave[k] = wave[k]! + value * COSINES[j * 8 + k]!;
    }
    if (!used) continue;
    for (let y = 0; y < 8; y++) {
      const weight = COSINES[i * 8 + y]!;
      for (let k = 0; k < 8; k++) out[y * 8 + k] = out[y * 8 + k]! + weight * wave[k]!;
    }
  }
}
