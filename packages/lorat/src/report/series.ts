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

/** Points of a curve; `x` ascends, both have the same length. */
export interface Series {
  readonly label: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Curves that are drawn in one chart. */
export interface Chart {
  readonly title: string;
  readonly series: readonly Series[];
  /** A logarithmic axis, for what spans orders of magnitude. */
  readonly log?: boolean;
}

/**
 * An exponential moving average that starts at the first value and is not pulled towards it: weights are normalised.
 * `smoothing`: 0 for none, towards 1 for much. Values that are not finite are passed over.
 */
export function smooth(values: readonly number[], smoothing: number): number[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (Number.isFinite(value)) {
      sum = sum * smoothing + value * (1 - smoothing);
      weight = weight * smoothing + (1 - smoothing);
    }
    return weight > 0 ? sum / weight : Number.NaN;
  });
}

/**
 * At most about `count` points that keep what the eye sees: the smallest and the largest of each width, in their order.
 */
export function thin({ label, x, y }: Series, count: number): Series {
  if (x.length <= count) return { label, x, y };
  const width = x.length / (count / 2);
  const shown: number[] = [];
  for (let start = 0; start < x.length; start += width) {
    const first = Math.floor(start);
    let least = first;
    let most = first;
    for (let i = first; i < Math.min(Math.floor(start + width), x.length); i++) {
      if (y[i]! < y[least]!) least = i;
      if (y[i]! > y[most]!) most = i;
    }
    shown.push(...new Set([Math.min(least, most), Math.max(least, most)]));
  }
  return { label, x: shown.map((i) => x[i]!), y: shown.map((i) => y[i]!) };
}
