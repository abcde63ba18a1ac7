/** A sample of a logistic regression: what is known of it, and whether it is of the sought kind. */
export interface LogisticSample {
  readonly features: readonly number[];
  readonly isPositive: boolean;
}

const STEPS = 100;
/** Keeps the result finite where the features tell the kinds apart without a mistake. */
const RIDGE = 1e-5;

/**
 * The coefficients of the features and, last, the offset: maximum likelihood by Newton's method, with a little ridge. Starts
 * at 1 for every feature.
 */
export function fitLogistic(samples: readonly LogisticSample[]): number[] {
  const count = (samples[0]?.features.length ?? 0) + 1;
  const fitted = Array.from({ length: count }, (_, i) => (i < count - 1 ? 1 : 0));
  for (let step = 0; step < STEPS; step++) {
    const moves = solve(system(samples, fitted));
    const longest = Math.max(...moves.map(Math.abs));
    const shortened = Math.min(1, 2 / longest);
    moves.forEach((move, i) => {
      fitted[i]! += shortened * move;
    });
    if (longest < 1e-9) break;
  }
  return fitted;
}

/** Hessian and gradient of the mean log-likelihood, side by side: one row for each coefficient. */
function system(samples: readonly LogisticSample[], fitted: readonly number[]): number[][] {
  const rows = fitted.map((value, i) => [...fitted.map((_, j) => (i === j ? RIDGE : 0)), -RIDGE * value]);
  for (const { features, isPositive } of samples) {
    const x = [...features, 1];
    const p = 1 / (1 + Math.exp(-x.reduce((sum, value, i) => sum + value * fitted[i]!, 0)));
    const error = ((isPositive ? 1 : 0) - p) / samples.length;
    const weight = (p * (1 - p)) / samples.length;
    x.forEach((own, i) => {
      const row = rows[i]!;
      x.forEach((other, j) => {
        row[j]! += weight * own * other;
      });
      row[fitted.length]! += error * own;
    });
  }
  return rows;
}

/** The solution of a few linear equations, by elimination; rows: coefficients and, last, the right side. */
function solve(rows: number[][]): number[] {
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    const steepest = rows
      .slice(column)
      .reduce((best, row) => (Math.abs(row[column]!) > Math.abs(best[column]!) ? row : best));
    rows.splice(rows.indexOf(steepest), 1);
    rows.splice(column, 0, steepest);
    for (const row of rows) {
      if (row === steepest) continue;
      const share = row[column]! / steepest[column]!;
      for (let i = column; i <= size; i++) row[i]! -= share * steepest[i]!;
    }
  }
  return rows.map((row, i) => row[size]! / row[i]!);
}
