import { createRandom } from "../random.ts";

/** Lower and upper end. */
export type Interval = readonly [low: number, high: number];

/** How intervals are drawn. */
export interface Bootstrap {
  /** Default: 0. */
  readonly seed?: number;
  /** Drawn data sets; default: 1000. */
  readonly resamples?: number;
  /** Share of them inside the interval; default: 0.95. */
  readonly level?: number;
}

/**
 * Percentile bootstrap intervals of weighted means: sequences are drawn with replacement, the same ones for every column, and
 * the interval holds the middle `level` of the means. `columns[k][i]` is figure `k` of sequence `i`; those of weight 0 are
 * left out. The same seed gives the same intervals everywhere; NaN where nothing has a weight.
 */
export function bootstrapMeans(
  columns: readonly ArrayLike<number>[],
  weights: ArrayLike<number>,
  { seed = 0, resamples = 1000, level = 0.95 }: Bootstrap = {},
): Interval[] {
  const used: number[] = [];
  for (let i = 0; i < weights.length; i++) if (weights[i]! > 0) used.push(i);
  if (used.length === 0) return columns.map(() => [Number.NaN, Number.NaN]);
  const random = createRandom(seed);
  const means = columns.map(() => new Float64Array(resamples));
  const drawn = new Float64Array(weights.length);
  for (let sample = 0; sample < resamples; sample++) {
    drawn.fill(0);
    let total = 0;
    for (let draw = 0; draw < used.length; draw++) {
      const index = used[random.integer(used.length)]!;
      drawn[index]! += weights[index]!;
      total += weights[index]!;
    }
    columns.forEach((column, k) => {
      let sum = 0;
      for (const index of used) if (drawn[index]! > 0) sum += drawn[index]! * column[index]!;
      means[k]![sample] = sum / total;
    });
  }
  return means.map((values) => {
    values.sort();
    const at = (share: number) => values[Math.round(share * (resamples - 1))]!;
    return [at((1 - level) / 2), at((1 + level) / 2)];
  });
}
