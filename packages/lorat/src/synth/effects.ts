import type { Random } from "@lorat/core/training";

/** RGB bytes of a picture. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** What lens and sensor make of the light; applied in one pass over the picture. */
export interface Development {
  /** Gains of red, green and blue. */
  readonly gain: readonly [number, number, number];
  /** Loss of light in the corners, 0 to 1. */
  readonly vignette: number;
  /** Deviation of the sensor's noise, 0..255. */
  readonly noise: number;
}

const NOISE_LENGTH = 4096;
let noiseTable: Float32Array | undefined;

/** Applies gains, vignette and noise, in place. */
export function develop(pixels: Pixels, random: Random, { gain, vignette, noise }: Development): void {
  const { width, height, data } = pixels;
  const [red, green, blue] = gain;
  noiseTable ??= makeNoiseTable();
  const table = noiseTable;
  const falloff = (4 * vignette) / (width * width + height * height);
  for (let y = 0, i = 0; y < height; y++) {
    const dy = (y + 0.5 - height / 2) ** 2;
    // Rows start at random places of one table: a draw a pixel would cost more than all the rest of a frame.
    let k = random.integer(NOISE_LENGTH);
    for (let x = 0; x < width; x++, i += 3) {
      const dx = x + 0.5 - width / 2;
      const light = 1 - (dx * dx + dy) * falloff;
      data[i] = data[i]! * red * light + table[k]! * noise;
      data[i + 1] = data[i + 1]! * green * light + table[k + 1]! * noise;
      data[i + 2] = data[i + 2]! * blue * light + table[k + 2]! * noise;
      k = k + 3 < NOISE_LENGTH ? k + 3 : 0;
    }
  }
}

/** Standard normal numbers, the same ones on every machine (Box and Muller over a small congruential generator). */
function makeNoiseTable(): Float32Array {
  let state = 12345;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / 4294967297;
  };
  return Float32Array.from({ length: NOISE_LENGTH + 3 }, () => {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  });
}

/** A box blur that reaches `radiusX` and `radiusY` whole pixels to each side, in place. */
export function boxBlur(pixels: Pixels, radiusX: number, radiusY: number): void {
  const reachX = Math.min(Math.floor(radiusX), pixels.width - 1);
  const reachY = Math.min(Math.floor(radiusY), pixels.height - 1);
  if (reachX >= 1) blurRows(pixels, reachX);
  if (reachY >= 1) blurColumns(pixels, reachY);
}

function blurRows({ width, height, data }: Pixels, reach: number): void {
  const line = new Uint8Array(width * 3);
  const share = 1 / (2 * reach + 1);
  const last = (width - 1) * 3;
  for (let y = 0; y < height; y++) {
    const start = y * width * 3;
    line.set(data.subarray(start, start + width * 3));
    for (let c = 0; c < 3; c++) {
      let sum = line[c]! * reach;
      for (let i = 0; i <= reach; i++) sum += line[c + i * 3]!;
      for (let x = 0; x <= last; x += 3) {
        data[start + x + c] = sum * share;
        sum += line[c + Math.min(x + (reach + 1) * 3, last)]! - line[c + Math.max(x - reach * 3, 0)]!;
      }
    }
  }
}

/** All columns advance together, so that memory is read in order. */
function blurColumns({ width, height, data }: Pixels, reach: number): void {
  const row = width * 3;
  const source = new Uint8Array(data);
  const share = 1 / (2 * reach + 1);
  const sums = new Int32Array(row);
  for (let y = -reach; y <= reach; y++) {
    const from = Math.min(Math.max(y, 0), height - 1) * row;
    for (let i = 0; i < row; i++) sums[i] = sums[i]! + source[from + i]!;
  }
  for (let y = 0; y < height; y++) {
    const entering = Math.min(y + reach + 1, height - 1) * row;
    const leaving = Math.max(y - reach, 0) * row;
    const out = y * row;
    for (let i = 0; i < row; i++) {
      data[out + i] = sums[i]! * share;
      sums[i] = sums[i]! + source[entering + i]! - source[leaving + i]!;
    }
  }
}
