import {
  type AllScores,
  type Bootstrap,
  bootstrapMeans,
  type Conventions,
  conventionsOf,
  type GroupScore,
  type Interval,
  meanScore,
  type Protocol,
  type SequenceScore,
  scoreColumns,
  weightOf,
} from "@lorat/core/metrics";
import type { AnnotatedSequence, AnnotationSet } from "../../datasets/annotations/benchmark.ts";
import type { TrackerResults } from "../results/open-results.ts";

/** One sequence's figures, the mean of the tracker's runs. */
interface ScoredSequence extends Pick<SequenceScore, "frames" | "curves" | "scores"> {
  readonly name: string;
  readonly attributes: readonly string[];
  /** Frames of the sequence, also those that do not count. */
  readonly length: number;
  /** Of the first run, `[length]`. */
  readonly overlaps: Float64Array;
}

/** A tracker's scores on a benchmark under a protocol. */
export interface TrackerScore {
  readonly tracker: string;
  readonly dataset: Pick<AnnotationSet, "kind" | "name">;
  readonly protocol: Protocol;
  /** The protocol's conventions for this kind of dataset. */
  readonly conventions: Conventions;
  readonly overall: GroupScore;
  /** Bootstrap intervals over sequences, 95 %. */
  readonly intervals: Readonly<Record<keyof AllScores, Interval>>;
  readonly attributes: ReadonlyMap<string, GroupScore>;
  readonly sequences: readonly ScoredSequence[];
  readonly missing: readonly string[];
  readonly framesPerSecond: number | undefined;
  readonly notes: readonly string[];
}

export const FIGURES = [
  "auc",
  "precision",
  "normalisedPrecision",
  "ao",
  "sr50",
  "sr75",
] as const satisfies readonly (keyof AllScores)[];

/** Scores results on a benchmark. Throws `METRICS_EMPTY` where no sequence has results. */
export function scoreTracker(
  annotations: AnnotationSet,
  results: TrackerResults,
  protocol: Protocol,
  bootstrap: Bootstrap = {},
): TrackerScore {
  const conventions = conventionsOf(protocol, annotations.kind);
  const sequences = annotations.sequences.flatMap((sequence) => {
    const runs = results.sequences.get(sequence.name);
    return runs ? [scoreSequenceRuns(sequence, runs, conventions)] : [];
  });
  const weights = sequences.map((sequence) => weightOf(sequence, conventions.mean));
  const columns = FIGURES.map((figure) => sequences.map(({ scores }) => scores[figure]));
  const drawn = bootstrapMeans(columns, weights, bootstrap);
  return {
    tracker: results.tracker,
    dataset: { kind: annotations.kind, name: annotations.name },
    protocol,
    conventions,
    overall: meanScore(sequences, conventions.mean),
    intervals: Object.fromEntries(
      FIGURES.map((figure, i) => [figure, drawn[i]!]),
    ) as TrackerScore["intervals"],
    attributes: byAttribute(annotations, sequences, conventions),
    sequences,
    missing: results.missing,
    framesPerSecond: results.framesPerSecond,
    notes: [...annotations.warnings, ...results.notes, ...notesOnNothing(annotations, sequences)],
  };
}

/** Names every sequence that scored nothing, and why where the annotation is the reason. */
function notesOnNothing({ sequences }: AnnotationSet, scored: readonly ScoredSequence[]): string[] {
  const hidden = new Set(
    sequences.filter(({ visible }) => visible?.every((flag) => flag === 0)).map(({ name }) => name),
  );
  const uncounted = scored.filter(({ frames }) => frames === 0);
  const nothing = scored.filter(
    ({ frames, scores }) => frames > 0 && FIGURES.every((figure) => !(scores[figure] > 0)),
  );
  const notes: readonly (readonly [string, readonly ScoredSequence[]])[] = [
    ["without a frame that counts, left out", uncounted],
    ["every frame is flagged as absent, scored as 0", nothing.filter(({ name }) => hidden.has(name))],
    ["scored nothing", nothing.filter(({ name }) => !hidden.has(name))],
  ];
  return notes.flatMap(([text, some]) =>
    some.length > 0 ? [`${text}: ${some.map(({ name }) => name).join(", ")}`] : [],
  );
}

function scoreSequenceRuns(
  { name, truth, visible, size, attributes }: AnnotatedSequence,
  runs: readonly Float64Array[],
  conventions: Conventions,
): ScoredSequence {
  const scored = runs.map((predicted) => scoreColumns({ predicted, truth, visible, size }, conventions));
  const mean = scored.length === 1 ? scored[0]! : meanScore(scored, "sequences");
  return {
    name,
    attributes,
    length: truth.length / 4,
    frames: scored[0]!.frames,
    curves: mean.curves,
    scores: mean.scores,
    overlaps: scored[0]!.overlaps,
  };
}

function byAttribute(
  { attributes }: AnnotationSet,
  sequences: readonly ScoredSequence[],
  { mean }: Conventions,
): Map<string, GroupScore> {
  const groups = new Map<string, GroupScore>();
  for (const attribute of attributes) {
    const having = sequences.filter((sequence) => sequence.attributes.includes(attribute));
    if (having.length > 0) groups.set(attribute, meanScore(having, mean));
  }
  return groups;
}
