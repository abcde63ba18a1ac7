import { LoratError } from "@lorat/graph";
import type { Size } from "../geometry/frame.ts";

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
