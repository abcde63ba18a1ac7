import { expect } from "vitest";
import type { Results } from "./cases.ts";

/** The tolerance between devices (float32 sums in another order). */
export const tolerance = 1e-4;

/** The largest absolute value. */
export function largest(values: Float32Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

/** The largest absolute difference; infinite where sizes differ or only one side is a number. */
export function difference(actual: Float32Array | undefined, expected: Float32Array): number {
  if (actual?.length !== expected.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(distance)) return Number.POSITIVE_INFINITY;
    most = Math.max(most, distance);
  }
  return most;
}

/**
 * Every output within the tolerance: maps as they are; losses relative to themselves; a gradient, moment or statistic
 * relative to its tensor's largest value, and the norm of all gradients relative to itself.
 *
 * @param vanishing tensors whose true gradient is zero, so that only rounding is left in it: they must be as small, beside
 * the largest gradient of all, on both sides.
 */
export function expectSame(
  actual: Results,
  expected: Results,
  vanishing: (name: string) => boolean = () => false,
): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  const gradients = Object.keys(expected).filter((name) => name.startsWith("gradient/"));
  const steepest = Math.max(...gradients.map((name) => largest(expected[name]!)));
  const far: string[] = [];
  for (const [name, values] of Object.entries(expected)) {
    const isMap = name === "score_map" || name === "boxes";
    const scale = vanishing(name) ? steepest : isMap ? 1 : largest(values);
    const distance = difference(actual[name], values);
    if (!(distance <= tolerance * scale)) far.push(`${name}: ${distance} apart at a scale of ${scale}`);
  }
  expect(far).toEqual([]);
  if (gradients.length > 0) {
    const norm = globalNorm(expected, gradients);
    expect(Math.abs(globalNorm(actual, gradients) / norm - 1)).toBeLessThanOrEqual(tolerance);
  }
}

/** L2 norm over several tensors. */
function globalNorm(results: Results, names: readonly string[]): number {
  let squares = 0;
  for (const name of names) for (const value of results[name]!) squares += value * value;
  return Math.sqrt(squares);
}
