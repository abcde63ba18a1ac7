const TENS = Array.from({ length: 16 }, (_, i) => 10 ** i);

/** A number with `digits` decimals as C's `%.3f` writes it: an exact half goes to the even digit, `nan`, `inf`, `-0.000`. */
export function fixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return `-${(0).toFixed(digits)}`;
  const text = value.toFixed(digits);
  const half = Math.abs(value * TENS[digits]!) % 1;
  if (Math.abs(half - 0.5) > 1e-6) return text;
  return isExactHalf(value, digits) ? toEven(value, digits) : text;
}

/** `toFixed` is exact, so the decimals after the rounded ones tell: a double has no more than these. */
function isExactHalf(value: number, digits: number): boolean {
  const decimals = value.toFixed(100).split(".")[1] ?? "";
  return /^50*$/.test(decimals.slice(digits));
}

/** Of the two texts that are equally near, the one with the even last digit. */
function toEven(value: number, digits: number): string {
  const long = value.toFixed(digits + 1);
  const down = digits === 0 ? long.slice(0, -2) : long.slice(0, -1);
  if (Number(down.at(-1)) % 2 === 0) return down;
  // Away from zero: a little more than half rounds there.
  return (value + (Math.sign(value) * 0.1) / TENS[digits]!).toFixed(digits);
}
