/** A linear warm-up, a constant rate if wanted, and one cosine, counted in optimiser updates. */
export interface Schedule {
  /** Length of the cosine in updates: epochs times updates per epoch, the warm-up not taken off. */
  readonly cosineUpdates: number;
  readonly warmupUpdates: number;
  /** Updates at the full rate between warm-up and cosine; default: 0, as in the paper. */
  readonly holdUpdates?: number | undefined;
  /** Rate that the warm-up starts from; the same for every group. */
  readonly warmupLr: number;
  /** Rate that the cosine ends at; the same for every group. */
  readonly minLr: number;
  /** True: the cosine starts after the warm-up. False: it runs underneath, so the rate jumps at the end of the warm-up. */
  readonly warmupPrefix: boolean;
}

/** The schedule's value at its own argument `t`, for a group of base rate `baseLr`. Source: specification 3.6. */
export function scheduledLr(t: number, baseLr: number, schedule: Schedule): number {
  const { cosineUpdates, warmupUpdates, holdUpdates = 0, warmupLr, minLr, warmupPrefix } = schedule;
  if (t < warmupUpdates) return warmupLr + (t * (baseLr - warmupLr)) / warmupUpdates;
  const position = Math.max((warmupPrefix ? t - warmupUpdates : t) - holdUpdates, 0);
  if (position >= cosineUpdates) return minLr;
  return minLr + 0.5 * (baseLr - minLr) * (1 + Math.cos((Math.PI * position) / cosineUpdates));
}

/**
 * The rate that optimiser update `update` (0-based) uses.
 *
 * The reference steps its scheduler after the optimiser with the number of the update just done, so the value at 0 serves
 * the first two updates and every later one is one behind. Source: specification 3.6.
 */
export function learningRate(update: number, baseLr: number, schedule: Schedule): number {
  return scheduledLr(Math.max(update - 1, 0), baseLr, schedule);
}
