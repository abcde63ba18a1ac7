import { LoratError } from "@lorat/graph";
import type { Size } from "../geometry/frame.ts";

/**
 * Resizes a position table by bicubic interpolation.
 *
 * `table` is `[source.height * source.width, dim]`, row-major; the result is `[target.height * target.width, dim]`.
 * Kernel A = -0.75, half-pixel centres, border by index clamping, no antialiasing, scale exactly source / target. The same
 * grid gives a copy. Throws `POSITION_TABLE` when the table does not have the source's size. Source: specification 1.2.
 */
export function resizePositions(table: Float32Array, dim: number, source: Size, target: Size): Float32Array {
  if (table.length !== source.width * source.height * dim) {
    throw new LoratError(
      "POSITION_TABLE",
      `a ${source.width} x ${source.height} position table of dimension ${dim} holds ${source.width * source.height * dim} numbers, got ${table.length}`,
    );
  }
  if (source.width === target.width && source.height === target.height) return table.slice();
  const across = bicubicTaps(source.width, target.width);
  const down = bicubicTaps(source.height, target.height);
  const result = new Float32Array(target.width * target.height * dim);
  const sum = new Float64Array(dim);
  for (let y = 0; y < target.height; y++) {
    for (let x = 0; x < target.width; x++) {
      sum.fill(0);
      for (let tap = 0; tap < 16; tap++) {
        const j = y * 4 + (tap >> 2);
        const i = x * 4 + (tap & 3);
        const weight = down.weights[j]! * across.weights[i]!;
        const row = (down.indices[j]! * source.width + across.indices[i]!) * dim;
        for (let d = 0; d < dim; d++) sum[d]! += weight * table[row + d]!;
      }
      result.set(sum, (y * target.width + x) * dim);
    }
  }
  return result;
}

/** Four source indices and weights for each output index. */
function bicubicTaps(source: number, target: number): { indices: Int32Array; weights: Float32Array } {
  const indices = new Int32Array(target * 4);
  const weights = new Float32Array(target * 4);
  const { fround } = Math;
  const scale = fround(source / target);
  for (let i = 0; i < target; i++) {
    const position = scale * (i + 0.5) - 0.5;
    const first = Math.floor(position);
    const before = fround(position - first);
    const after = fround(1 - before);
    for (let tap = 0; tap < 4; tap++) {
      indices[i * 4 + tap] = Math.min(Math.max(first - 1 + tap, 0), source - 1);
    }
    weights.set(
      [outerKernel(before + 1), innerKernel(before), innerKernel(after), outerKernel(after + 1)],
      i * 4,
    );
  }
  return { indices, weights };
}

// Keys' cubic convolution with A = -0.75. The polynomial cancels, so each multiply-add is rounded to float32 once, as the
// reference's fused instructions do: in float64 the resized table would differ by more than the tolerance.
const A = -0.75;

/** The kernel at a distance in [0, 1]. */
function innerKernel(x: number): number {
  const { fround } = Math;
  return fround(fround(fround((A + 2) * x - (A + 3)) * x) * x + 1);
}

/** The kernel at a distance in [1, 2]. */
function outerKernel(x: number): number {
  const { fround } = Math;
  const distance = fround(x);
  return fround(fround(fround(A * distance - 5 * A) * distance + 8 * A) * distance - 4 * A);
}

/**
 * Fixed 2-D sine-cosine position table `[height * width, dim]`, row-major cells.
 *
 * The first half of the channels encodes the column, the second the row, each as `[sin(p w_k), cos(p w_k)]` with
 * `w_k = 10000^(-k / (dim / 4))`; every step is rounded to float32. Throws `POSITION_DIM` unless `dim` is a multiple of 4.
 * Source: specification 1.8, "Sinusoidal".
 */
export function sinCosPositions(grid: Size, dim: number): Float32Array {
  if (!(Number.isInteger(dim / 4) && dim > 0)) {
    throw new LoratError("POSITION_DIM", `sine-cosine positions need a dimension divisible by 4, got ${dim}`);
  }
  const { fround } = Math;
  const quarter = dim / 4;
  const frequencies = Array.from({ length: quarter }, (_, k) =>
    fround(1 / fround(10000 ** fround(k / quarter))),
  );
  const table = new Float32Array(grid.width * grid.height * dim);
  for (let cell = 0; cell < grid.width * grid.height; cell++) {
    const positions = [cell % grid.width, Math.floor(cell / grid.width)];
    for (const [half, position] of positions.entries()) {
      const at = cell * dim + half * 2 * quarter;
      for (let k = 0; k < quarter; k++) {
        const angle = fround(position * frequencies[k]!);
        table[at + k] = Math.sin(angle);
        table[at + quarter + k] = Math.cos(angle);
      }
    }
  }
  return table;
}
