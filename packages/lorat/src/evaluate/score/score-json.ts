import { type AllScores, successThresholds } from "@lorat/core/metrics";
import { FIGURES, type TrackerScore } from "./score-tracker.ts";

/** Names of the figures in JSON and tables. */
export const FIGURE_KEYS = {
  auc: "suc",
  precision: "p",
  normalisedPrecision: "pNorm",
  ao: "ao",
  sr50: "sr50",
  sr75: "sr75",
} as const satisfies Record<keyof AllScores, string>;

/** Figures in percent; null where none can be told. */
type FigureJson = Record<(typeof FIGURE_KEYS)[keyof typeof FIGURE_KEYS], number | null>;

/** What `lorat score --json` prints; figures in percent, curves as shares. */
export interface ScoreJson extends FigureJson {
  readonly tracker: string;
  readonly dataset: string;
  readonly protocol: string;
  readonly protocolVersion: number;
  readonly successCurve: readonly (number | null)[];
  readonly successThresholds: readonly number[];
  readonly precisionCurve: readonly (number | null)[];
  readonly normalisedPrecisionCurve: readonly (number | null)[];
  readonly intervals: Record<string, readonly (number | null)[]>;
  readonly sequenceCount: number;
  readonly frameCount: number;
  readonly sequences: Record<string, FigureJson & { readonly frames: number }>;
  readonly attributes: Record<string, FigureJson & { readonly sequences: number }>;
  readonly framesPerSecond: number | null;
  readonly missing: readonly string[];
  readonly notes: readonly string[];
}

/** A score as JSON. */
export function scoreJson(score: TrackerScore): ScoreJson {
  const { overall, protocol, conventions } = score;
  return {
    ...figuresJson(overall.scores),
    tracker: score.tracker,
    dataset: score.dataset.name,
    protocol: protocol.name,
    protocolVersion: protocol.version,
    successCurve: overall.curves.success.map(rounded),
    successThresholds: successThresholds(conventions.successThresholds),
    precisionCurve: overall.curves.precision.map(rounded),
    normalisedPrecisionCurve: overall.curves.normalisedPrecision.map(rounded),
    intervals: Object.fromEntries(
      FIGURES.map((figure) => [FIGURE_KEYS[figure], score.intervals[figure].map(percent)]),
    ),
    sequenceCount: overall.sequences,
    frameCount: overall.frames,
    sequences: Object.fromEntries(
      score.sequences.map(({ name, scores, length }) => [name, { ...figuresJson(scores), frames: length }]),
    ),
    attributes: Object.fromEntries(
      [...score.attributes].map(([name, group]) => [
        name,
        { ...figuresJson(group.scores), sequences: group.sequences },
      ]),
    ),
    framesPerSecond: score.framesPerSecond === undefined ? null : rounded(score.framesPerSecond),
    missing: score.missing,
    notes: score.notes,
  };
}

function figuresJson(scores: AllScores): FigureJson {
  return Object.fromEntries(
    FIGURES.map((figure) => [FIGURE_KEYS[figure], percent(scores[figure])]),
  ) as FigureJson;
}

function percent(share: number): number | null {
  return rounded(100 * share);
}

/** Eight decimals are more than any score means, and keep the last bits' noise out of files. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toFixed(8)) : null;
}
