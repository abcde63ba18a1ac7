import { LoratError } from "@lorat/graph";
import { type AllScores, type Curves, scoresOf } from "./curves.ts";
import type { Conventions } from "./protocols.ts";
import type { SequenceScore } from "./score-frames.ts";

/** Figures of several sequences together. */
export interface GroupScore {
  readonly curves: Curves;
  readonly scores: AllScores;
  /** Sequences and frames that count; sequences without a single frame that does are left out. */
  readonly sequences: number;
  readonly frames: number;
}

/** Weight of a sequence in the mean. */
export function weightOf({ frames }: Pick<SequenceScore, "frames">, mean: Conventions["mean"]): number {
  return mean === "frames" || frames === 0 ? frames : 1;
}

/**
 * The mean of sequences, each with the same weight or each frame with the same weight; all NaN where no sequence has a frame
 * that counts. Throws `METRICS_EMPTY` without sequences.
 */
export function meanScore(
  sequences: readonly Pick<SequenceScore, "frames" | "curves" | "scores">[],
  mean: Conventions["mean"],
): GroupScore {
  const [first] = sequences;
  if (!first) throw new LoratError("METRICS_EMPTY", "a mean over sequences needs at least one sequence");
  const weights = sequences.map((sequence) => weightOf(sequence, mean));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const average = (value: (sequence: (typeof sequences)[number]) => number) =>
    sequences.reduce((sum, one, i) => (weights[i]! > 0 ? sum + weights[i]! * value(one) : sum), 0) / total;
  const curve = (key: keyof Curves) =>
    first.curves[key].map((_, i) => average(({ curves }) => curves[key][i]!));
  const curves = {
    success: curve("success"),
    precision: curve("precision"),
    normalisedPrecision: curve("normalisedPrecision"),
  };
  return {
    curves,
    scores: { ...scoresOf(curves), ao: average(({ scores }) => scores.ao) },
    sequences: weights.filter((weight) => weight > 0).length,
    frames: sequences.reduce((sum, { frames }) => sum + frames, 0),
  };
}
