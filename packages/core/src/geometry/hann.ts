/**
 * Hann window over a score map, row-major `[height, width]`: the outer product of two symmetric (non-periodic) windows
 * `0.5 - 0.5 cos(2 pi k / (n - 1))`, so its border is exactly 0. A side of one cell is 1. Source: specification 4.3.
 */
export function hannWindow(width: number, height: number): Float32Array {
  const across = hann(width);
  const down = hann(height);
  const window = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) window[y * width + x] = down[y]! * across[x]!;
  }
  return window;
}

function hann(n: number): Float64Array {
  if (n === 1) return Float64Array.of(1);
  return Float64Array.from({ length: n }, (_, k) => 0.5 - 0.5 * Math.cos((2 * Math.PI * k) / (n - 1)));
}
