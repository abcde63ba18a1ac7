/** Round numbers inside a range, about `count` of them. */
export function ticks(least: number, most: number, count: number): number[] {
  const span = most - least;
  if (!(span > 0 && Number.isFinite(span))) return [least];
  const power = 10 ** Math.floor(Math.log10(span / count));
  const step = power * ([1, 2, 5, 10].find((factor) => span / (power * factor) <= count) ?? 10);
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(most / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A number as short as it can be read: `0.25`, `12k`, `3.4e-5`. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return String(value);
  if (size >= 1e6) return `${trimmed(value / 1e6)}M`;
  if (size >= 1e4) return `${trimmed(value / 1e3)}k`;
  if (size < 1e-3) return value.toExponential(1).replace(".0e", "e");
  return trimmed(value);
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(3)));
}
