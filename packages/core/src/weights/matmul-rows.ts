/** Sizes of a product: `[m, k]` by `[k, n]`. */
export interface MatMulSize {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** A product of row-major matrices, `[m, n]`; a session's can stand in for the plain one. */
export type MatMul = (
  a: Float32Array,
  b: Float32Array,
  size: MatMulSize,
) => Float32Array | Promise<Float32Array>;

/**
 * The plain product, in float32: made for the few rows of `b` that a low-rank merge has, eight of them to a pass over
 * a row of the result.
 */
export function matmulRows(a: Float32Array, b: Float32Array, { m, k, n }: MatMulSize): Float32Array {
  const out = new Float32Array(m * n);
  const whole = k - (k % 8);
  for (let i = 0; i < m; i++) {
    const row = out.subarray(i * n, (i + 1) * n);
    for (let p = 0; p < whole; p += 8) {
      const at = i * k + p;
      const [a0, a1, a2, a3] = [a[at]!, a[at + 1]!, a[at + 2]!, a[at + 3]!];
      const [a4, a5, a6, a7] = [a[at + 4]!, a[at + 5]!, a[at + 6]!, a[at + 7]!];
      let q = p * n;
      for (let j = 0; j < n; j++, q++) {
        row[j]! +=
          a0 * b[q]! +
          a1 * b[q + n]! +
          a2 * b[q + 2 * n]! +
          a3 * b[q + 3 * n]! +
          (a4 * b[q + 4 * n]! + a5 * b[q + 5 * n]! + a6 * b[q + 6 * n]! + a7 * b[q + 7 * n]!);
      }
    }
    for (let p = whole; p < k; p++) {
      const factor = a[i * k + p]!;
      for (let j = 0; j < n; j++) row[j]! += factor * b[p * n + j]!;
    }
  }
  return out;
}
