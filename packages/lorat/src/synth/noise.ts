import type { Random } from "@lorat/core/training";

/**
 * Smooth random values in 0..1 over a `width` x `height` raster: octaves of value noise, each half as coarse and half as
 * strong as the one before (Perlin, "An image synthesizer", 1985, with values in place of gradients).
 */
export function fractalNoise(
  random: Random,
  width: number,
  height: number,
  cellPx: number,
  octaves: number,
): Float32Array {
  const field = new Float32Array(width * height);
  let amplitude = 1;
  let total = 0;
  let cell = Math.max(cellPx, 1);
  for (let octave = 0; octave < octaves && cell >= 1; octave++) {
    addValueNoise(field, random, width, height, cell, amplitude);
    total += amplitude;
    amplitude *= 0.5;
    cell *= 0.5;
  }
  for (let i = 0; i < field.length; i++) field[i] = field[i]! / total;
  return field;
}

function addValueNoise(
  field: Float32Array,
  random: Random,
  width: number,
  height: number,
  cell: number,
  amplitude: number,
): void {
  const columns = Math.ceil(width / cell) + 2;
  const rows = Math.ceil(height / cell) + 2;
  const lattice = new Float32Array(columns * rows);
  for (let i = 0; i < lattice.length; i++) lattice[i] = random.uniform() * amplitude;
  const lefts = new Int32Array(width);
  const weights = new Float32Array(width);
  for (let x = 0; x < width; x++) {
    const u = x / cell;
    lefts[x] = u | 0;
    weights[x] = smooth(u - (u | 0));
  }
  for (let y = 0; y < height; y++) {
    const v = y / cell;
    const top = (v | 0) * columns;
    const down = smooth(v - (v | 0));
    for (let x = 0; x < width; x++) {
      const p = top + lefts[x]!;
      const right = weights[x]!;
      const upper = lattice[p]! + (lattice[p + 1]! - lattice[p]!) * right;
      const lower = lattice[p + columns]! + (lattice[p + columns + 1]! - lattice[p + columns]!) * right;
      field[y * width + x] = field[y * width + x]! + upper + (lower - upper) * down;
    }
  }
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
