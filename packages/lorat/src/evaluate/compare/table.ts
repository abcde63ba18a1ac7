import type { AllScores } from "@lorat/core/metrics";
import { BENCHMARKS, type ScoredKind } from "../../datasets/annotations/benchmark.ts";
import {
  PUBLISHED,
  PUBLISHED_SOURCES,
  type PublishedFigures,
  type PublishedTracker,
} from "../../report/published/index.ts";
import { FIGURE_KEYS } from "../score/score-json.ts";
import { FIGURES } from "../score/score-tracker.ts";
import type { Comparison } from "./comparison.ts";

/** One table of a comparison, ready to be written in any form. */
export interface ComparisonTable {
  /** Datasets with the headings of their figures. */
  readonly groups: readonly { readonly title: string; readonly figures: readonly string[] }[];
  readonly rows: readonly {
    readonly name: string;
    readonly isPublished: boolean;
    /** Percent, in the order of the groups' figures; undefined where there is none. */
    readonly values: readonly (number | undefined)[];
  }[];
  /** What every form has to say: the protocol, missing sequences, sources. */
  readonly notes: readonly string[];
}

type Figure = keyof AllScores;

const HEADINGS: Readonly<Record<Figure, string>> = {
  auc: "SUC",
  normalisedPrecision: "PNorm",
  precision: "P",
  ao: "AO",
  sr50: "SR0.5",
  sr75: "SR0.75",
};

/** The figures that papers print of a benchmark. */
function usualFigures(kind: ScoredKind): readonly Figure[] {
  return kind === "got10k" ? ["ao", "sr50", "sr75"] : ["auc", "normalisedPrecision", "precision"];
}

interface TableOptions {
  /** Rows of published trackers above the scored ones. */
  readonly published?: boolean;
  /** All figures of every dataset. */
  readonly all?: boolean;
}

/** A comparison as one table. */
export function comparisonTable(
  comparison: Comparison,
  { published, all }: TableOptions = {},
): ComparisonTable {
  const { annotations, trackers, protocol } = comparison;
  const figures = annotations.map(({ kind }) => (all ? FIGURES : usualFigures(kind)));
  const kinds = annotations.map(({ kind }) => kind);
  const known = published ? PUBLISHED.filter((one) => kinds.some((kind) => figuresOf(one, kind))) : [];
  const sources = [...new Set(known.flatMap((one) => one.sources))];
  return {
    groups: annotations.map(({ kind }, i) => ({
      title: BENCHMARKS[kind].title,
      figures: figures[i]!.map((figure) => HEADINGS[figure]),
    })),
    rows: [
      ...known.map((one) => ({
        name: one.name,
        isPublished: true,
        values: kinds.flatMap((kind, i) =>
          figures[i]!.map((figure) => publishedValue(figuresOf(one, kind), figure)),
        ),
      })),
      ...trackers.map(({ name, scores }) => ({
        name,
        isPublished: false,
        values: scores.flatMap((score, i) =>
          figures[i]!.map((figure) => finite(score?.overall.scores[figure])),
        ),
      })),
    ],
    notes: [
      `protocol ${protocol.name}, version ${protocol.version}: ${protocol.summary}`,
      ...trackers.flatMap(({ name, scores }) =>
        scores.flatMap(
          (score) => score?.notes.map((note) => `${name}, ${score.dataset.name}: ${note}`) ?? [],
        ),
      ),
      ...(known.length > 0
        ? [
            `published rows as printed, whatever their protocol, from: ${sources.map((i) => PUBLISHED_SOURCES[i]).join("; ")}`,
          ]
        : []),
    ],
  };
}

/** A tracker's published figures on a kind of dataset. */
export function figuresOf({ benchmarks }: PublishedTracker, kind: ScoredKind): PublishedFigures | undefined {
  return (benchmarks as Readonly<Partial<Record<string, PublishedFigures>>>)[kind];
}

function publishedValue(figures: PublishedFigures | undefined, figure: Figure): number | undefined {
  return figures?.[FIGURE_KEYS[figure]];
}

function finite(share: number | undefined): number | undefined {
  return share !== undefined && Number.isFinite(share) ? 100 * share : undefined;
}

/** For each column, the largest value and the second largest. */
export function bestTwo({ rows }: ComparisonTable): readonly (readonly [number, number])[] {
  const columns = rows[0]?.values.length ?? 0;
  return Array.from({ length: columns }, (_, column) => {
    const values = [
      ...new Set(rows.flatMap(({ values: one }) => (one[column] === undefined ? [] : [shown(one[column])]))),
    ];
    const [best = Number.NaN, second = Number.NaN] = values.map(Number).sort((a, b) => b - a);
    return [best, second] as const;
  });
}

/** One decimal, as papers print it. */
export function shown(value: number | undefined): string {
  return value === undefined ? "-" : value.toFixed(1);
}
