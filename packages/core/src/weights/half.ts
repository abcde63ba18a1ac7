/** Half-precision codecs on raw bits: IEEE 754 binary16 and bfloat16. Exact both ways, ties round to even. */

let halfValues: Float32Array | undefined;

/** Decodes binary16 bits; every one of the 65,536 patterns is exact in float32, so it is one table look-up. */
export function halfToFloat32(bits: Uint16Array, out = new Float32Array(bits.length)): Float32Array {
  halfValues ??= buildHalfTable();
  const table = halfValues;
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i]!]!;
  return out;
}

/** Encodes to binary16, nearest even: subnormals kept, overflow becomes infinity, NaN stays a quiet NaN. */
export function float32ToHalf(values: Float32Array, out = new Uint16Array(values.length)): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) out[i] = roundToHalf(bits[i]!);
  return out;
}

/** Decodes bfloat16 bits: the upper half of a float32. */
export function bfloat16ToFloat32(bits: Uint16Array, out = new Float32Array(bits.length)): Float32Array {
  const outBits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) outBits[i] = bits[i]! << 16;
  return out;
}

/** Encodes to bfloat16, nearest even; NaN stays a quiet NaN. */
export function float32ToBfloat16(values: Float32Array, out = new Uint16Array(values.length)): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i]!;
    const notANumber = (x & 0x7fffffff) > 0x7f800000;
    out[i] = notANumber ? (x >>> 16) | 0x0040 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16;
  }
  return out;
}

function roundToHalf(x: number): number {
  const sign = (x >>> 16) & 0x8000;
  const magnitude = x & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x01ff);
  // 65520 lies half-way between the largest half and the next power of two, and the tie goes up
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rebiased = magnitude - 0x38000000;
    return sign | ((rebiased + 0x0fff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  // below 2^-25 (and at it, the tie to even) everything rounds to zero
  if (magnitude <= 0x33000000) return sign;
  const mantissa = (magnitude & 0x007fffff) | 0x00800000;
  const shift = 126 - (magnitude >>> 23);
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return sign | (rest > tie || (rest === tie && (kept & 1) === 1) ? kept + 1 : kept);
}

function buildHalfTable(): Float32Array {
  const table = new Float32Array(0x10000);
  const bits = new Uint32Array(table.buffer);
  for (let half = 0; half < 0x10000; half++) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 0x1f;
    const mantissa = half & 0x03ff;
    if (exponent === 0x1f) bits[half] = sign | 0x7f800000 | (mantissa << 13);
    else if (exponent > 0) bits[half] = sign | ((exponent + 112) << 23) | (mantissa << 13);
    else table[half] = (sign === 0 ? 1 : -1) * mantissa * 2 ** -24;
  }
  return table;
}
