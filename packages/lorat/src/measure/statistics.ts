import { mean, quantileSorted } from "simple-statistics";

/** How two contenders compare: round by round, so that what disturbs a round disturbs both. */
interface PairedRatio extends Spread {
  /** Of each round. */
  readonly rounds: number[];
}

/** A straight line through points by least squares. */
interface LinearFit {
  readonly slope: number;
  readonly intercept: number;
  /** Share of the variance that the line explains, 0 to 1; 1 where all values are the same. */
  readonly rSquared: number;
}

/** The middle one of some values, between the two middle ones of an even count. Throws `RangeError` on no values. */
export function medianOf(values: readonly number[]): number {
  return spreadOf(values).median;
}

/** `numerators[i] / denominators[i]` of every round, summed up. Throws `RangeError` unless both have the same rounds. */
export function pairedRatio(numerators: readonly number[], denominators: readonly number[]): PairedRatio {
  if (numerators.length !== denominators.length) {
    throw new RangeError(`pairedRatio: ${numerators.length} rounds against ${denominators.length}`);
  }
  const rounds = numerators.map((value, i) => value / denominators[i]!);
  return { ...spreadOf(rounds), rounds };
}

/** Fits `y = slope * x + intercept`. Throws `RangeError` unless there are two different `x`. */
export function linearFit(xs: readonly number[], ys: readonly number[]): LinearFit {
  if (xs.length < 2 || ys.length !== xs.length) throw noLine();
  const [meanX, meanY] = [mean([...xs]), mean([...ys])];
  const sum = (term: (x: number, y: number) => number) =>
    xs.reduce((total, x, i) => total + term(x - meanX, ys[i]! - meanY), 0);
  const varianceX = sum((x) => x * x);
  if (!(varianceX > 0)) throw noLine();
  const slope = sum((x, y) => x * y) / varianceX;
  const varianceY = sum((_x, y) => y * y);
  const left = sum((x, y) => (y - slope * x) ** 2);
  return {
    slope,
    intercept: meanY - slope * meanX,
    rSquared: varianceY > 0 ? Math.max(0, 1 - left / varianceY) : 1,
  };
}

/** Repeated measurements of one quantity, summed up. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  /** Tenth percentile. */
  readonly low: number;
  /** Ninetieth percentile. */
  readonly high: number;
}

/** Median and tenth to ninetieth percentile, between neighbours by straight lines. Throws `RangeError` on no values. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("spreadOf: there is nothing to sum up");
  const sorted = [...values].sort((a, b) => a - b);
  return {
    count: sorted.length,
    median: quantileSorted(sorted, 0.5),
    low: quantileSorted(sorted, 0.1),
    high: quantileSorted(sorted, 0.9),
  };
}

function noLine(): RangeError {
  return new RangeError("linearFit: a line needs two different places, and a value for each");
}
