import type { Parameters } from "fast-check";

/** Seed of the property tests: fixed so that a run can be repeated, `LORAT_TEST_SEED=n` draws others. */
export const seed = Number(process.env.LORAT_TEST_SEED ?? 20240718);

/** What a property test passes to fast-check, which prints the seed and the smallest failing case. */
export function runs(numRuns: number): Parameters<unknown> {
  return { seed, numRuns };
}
