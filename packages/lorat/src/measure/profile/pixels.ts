/** Numbers like those of a normalised picture, the same at every call. */
export function pixels(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => 2 * Math.sin(i * 0.37 + (i % 101)));
}
