/** Which side of the template frame search frames may lie on. */
export const CANDIDATE_MODES = ["interval", "causal", "reverse_causal"] as const;
export type CandidateMode = (typeof CANDIDATE_MODES)[number];

/** A question for {@link searchCandidates}. */
interface CandidateQuery {
  /** Frames of the sequence. */
  readonly length: number;
  /** The template's frame. */
  readonly template: number;
  /** Largest distance, frames; without it the whole sequence counts. */
  readonly range?: number | null;
  /** True for frames that may be used; without it all may. */
  readonly mask?: readonly boolean[] | null;
  /** `interval`: before and after, `causal`: after, `reverse_causal`: before. */
  readonly mode: CandidateMode;
}

/** Frames, ascending and never the template's own, that may serve as search frame (specification 3.3). */
export function searchCandidates({ length, template, range, mask, mode }: CandidateQuery): number[] {
  const reach = range ?? length;
  const first = mode === "causal" ? template + 1 : Math.max(0, template - reach);
  const last = mode === "reverse_causal" ? template - 1 : Math.min(length - 1, template + reach);
  const candidates: number[] = [];
  for (let i = first; i <= last; i++) if (i !== template && (mask?.[i] ?? true)) candidates.push(i);
  return candidates;
}

/** True when a larger range could bring in more frames on a side that the mode allows. */
export function isExtendable({ length, template, range, mode }: CandidateQuery): boolean {
  if (range === null || range === undefined) return false;
  const before = template - range > 0;
  const after = template + range < length - 1;
  return mode === "causal" ? after : mode === "reverse_causal" ? before : before || after;
}

/**
 * Samples of an epoch that each dataset gives: its share of the weights rounded down, the last one the remainder
 * (specification 3.3).
 */
export function epochQuotas(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const quotas = weights.map((weight) => Math.floor((total * weight) / sum));
  const given = quotas.slice(0, -1).reduce((a, b) => a + b, 0);
  if (quotas.length > 0) quotas[quotas.length - 1] = total - given;
  return quotas;
}

/** Anything that shuffles, for {@link epochOrder}. */
interface Shuffler {
  permutation(count: number): number[];
}

/**
 * The order of one epoch: per dataset, full shuffles of its sequences one after another until its quota is reached, then
 * one permutation over all (specification 3.3). Each entry names a dataset and one of its sequences.
 */
export function epochOrder(
  lengths: readonly number[],
  weights: readonly number[],
  total: number,
  random: Shuffler,
): { readonly dataset: number; readonly sequence: number }[] {
  const quotas = epochQuotas(weights, total);
  const picks = lengths.flatMap((length, dataset) => {
    const own: { dataset: number; sequence: number }[] = [];
    while (length > 0 && own.length < quotas[dataset]!) {
      for (const sequence of random.permutation(length)) own.push({ dataset, sequence });
    }
    return own.slice(0, quotas[dataset]);
  });
  return random.permutation(picks.length).map((i) => picks[i]!);
}
