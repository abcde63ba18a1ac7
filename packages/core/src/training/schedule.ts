import { LoratError } from "@lorat/graph";

/** A linear warm-up followed by one cosine, counted in optimiser updates. */
export interface Schedule {
  /** Length of the cosine in updates: epochs times updates per epoch, the warm-up not taken off. */
  readonly cosineUpdates: number;
  readonly warmupUpdates: number;
  /** Rate that the warm-up starts from; the same for every group. */
  readonly warmupLr: number;
  /** Rate that the cosine ends at; the same for every group. */
  readonly minLr: number;
  /** True: the cosine starts after the warm-up. False: it runs underneath, so the rate jumps at the end of the warm-up. */
  readonly warmupPrefix: boolean;
}

/** How long training is, and the ends of the schedule. */
export interface ScheduleOptions {
  readonly epochs: number;
  /** Batches in an epoch. */
  readonly iterationsPerEpoch: number;
  /** Batches whose gradients make one update; default 1. */
  readonly accumulation?: number;
  /** Default 2. */
  readonly warmupEpochs?: number;
  /** Default 1e-7. */
  readonly warmupLr?: number;
  /** Default 1e-6. */
  readonly minLr?: number;
  /** Default true. */
  readonly warmupPrefix?: boolean;
}

/** Makes a schedule. Throws `SCHEDULE_LENGTH` when an epoch holds no update. Source: specification 3.6. */
export function createSchedule(options: ScheduleOptions): Schedule {
  const { epochs, iterationsPerEpoch, accumulation = 1, warmupEpochs = 2 } = options;
  const { warmupLr = 1e-7, minLr = 1e-6, warmupPrefix = true } = options;
  const updatesPerEpoch = Math.floor(iterationsPerEpoch / accumulation);
  if (!(updatesPerEpoch >= 1 && epochs > 0)) {
    throw new LoratError(
      "SCHEDULE_LENGTH",
      `${epochs} epochs of ${iterationsPerEpoch} iterations with ${accumulation} per update hold no update`,
    );
  }
  return {
    cosineUpdates: epochs * updatesPerEpoch,
    warmupUpdates: warmupEpochs * updatesPerEpoch,
    warmupLr,
    minLr,
    warmupPrefix,
  };
}

/** The schedule's value at its own argument `t`, for a group of base rate `baseLr`. Source: specification 3.6. */
export function scheduledLr(t: number, baseLr: number, schedule: Schedule): number {
  const { cosineUpdates, warmupUpdates, warmupLr, minLr, warmupPrefix } = schedule;
  if (t < warmupUpdates) return warmupLr + (t * (baseLr - warmupLr)) / warmupUpdates;
  const position = warmupPrefix ? t - warmupUpdates : t;
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
