import { RIGHT_FROM } from "./right-box.ts";

/** A range of scores, and what became of the boxes that had them. */
interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Means over its boxes; null without any. */
  readonly score: number | null;
  readonly rightShare: number | null;
  readonly overlap: number | null;
}

/** How far scores are the chance of a right box. */
export interface Reliability {
  readonly samples: number;
  readonly bins: readonly ReliabilityBin[];
  /** Expected calibration error: the mean distance of score and share of right boxes, weighted by the bins' counts. */
  readonly error: number;
}

const BINS = 10;

/** Sorts scored boxes into ten bins of equal width. Scores and overlaps in `[0, 1]`. */
export function reliability(
  samples: readonly { readonly score: number; readonly overlap: number }[],
): Reliability {
  const bins = Array.from({ length: BINS }, (_, i): ReliabilityBin => {
    const inside = samples.filter(({ score }) => Math.min(Math.floor(score * BINS), BINS - 1) === i);
    const mean = (of: (sample: (typeof samples)[number]) => number) =>
      inside.length > 0 ? inside.reduce((sum, sample) => sum + of(sample), 0) / inside.length : null;
    return {
      from: i / BINS,
      to: (i + 1) / BINS,
      count: inside.length,
      score: mean(({ score }) => score),
      rightShare: mean(({ overlap }) => (overlap >= RIGHT_FROM ? 1 : 0)),
      overlap: mean(({ overlap }) => overlap),
    };
  });
  const distance = bins.reduce(
    (sum, { count, score, rightShare }) => sum + (count > 0 ? count * Math.abs(score! - rightShare!) : 0),
    0,
  );
  return { samples: samples.length, bins, error: distance / Math.max(samples.length, 1) };
}
