/**
 * Hann window over a score map, row-major `[cells, cells]`: the outer product of two symmetric (non-periodic) windows
 * `0.5 - 0.5 cos(2 pi k / (n - 1))`, so its border is exactly 0. A side of one cell is 1. Source: specification 4.3.
 */
export function hannWindow(cells: number): Float32Array {
  const side = hann(cells);
  return Float32Array.from(
    { length: cells ** 2 },
    (_, cell) => side[Math.floor(cell / cells)]! * side[cell % cells]!,
  );
}

function hann(n: number): Float64Array {
  if (n === 1) return Float64Array.of(1);
  return Float64Array.from({ length: n }, (_, k) => 0.5 - 0.5 * Math.cos((2 * Math.PI * k) / (n - 1)));
}
