/**
 * Counts of values against evenly spaced, rising thresholds from 0: each value is put into one bin, so that a frame costs a
 * few operations whatever the number of thresholds. The comparisons are exact. NaN counts nowhere.
 */
export class Tally {
  readonly #thresholds: Float64Array;
  /** Thresholds a unit. */
  readonly #scale: number;
  readonly #bins: Float64Array;

  constructor(thresholds: readonly number[]) {
    this.#thresholds = Float64Array.from(thresholds);
    this.#scale = (thresholds.length - 1) / thresholds.at(-1)!;
    this.#bins = new Float64Array(thresholds.length + 1);
  }

  /** Counts for every threshold that `value` is above. */
  addAbove(value: number): void {
    if (!(value > 0)) return;
    const thresholds = this.#thresholds;
    let bin = Math.min(Math.floor(value * this.#scale) + 1, thresholds.length);
    while (!(value > thresholds[bin - 1]!)) bin--;
    while (bin < thresholds.length && value > thresholds[bin]!) bin++;
    this.#bins[bin]!++;
  }

  /** Counts for every threshold that `value` is at or above. */
  addAtLeast(value: number): void {
    if (!(value >= 0)) return;
    const thresholds = this.#thresholds;
    let bin = Math.min(Math.floor(value * this.#scale) + 1, thresholds.length);
    while (!(value >= thresholds[bin - 1]!)) bin--;
    while (bin < thresholds.length && value >= thresholds[bin]!) bin++;
    this.#bins[bin]!++;
  }

  /** Counts for every threshold that `value` is at or below. */
  addAtMost(value: number): void {
    const thresholds = this.#thresholds;
    if (!(value <= thresholds[thresholds.length - 1]!)) return;
    let bin = Math.max(Math.ceil(value * this.#scale), 0);
    while (bin > 0 && value <= thresholds[bin - 1]!) bin--;
    while (!(value <= thresholds[bin]!)) bin++;
    this.#bins[bin]!++;
  }

  /** Share of `count` values at or above, or above, each threshold. */
  sharesAbove(count: number): number[] {
    const shares = new Array<number>(this.#thresholds.length);
    let sum = 0;
    for (let i = this.#thresholds.length; i > 0; i--) {
      sum += this.#bins[i]!;
      shares[i - 1] = sum / count;
    }
    return shares;
  }

  /** Share of `count` values at or below each threshold. */
  sharesAtMost(count: number): number[] {
    let sum = 0;
    return Array.from(this.#thresholds, (_, i) => {
      sum += this.#bins[i]!;
      return sum / count;
    });
  }
}
