import type { Protocol } from "@lorat/core/metrics";
import type { AnnotationSet } from "../../datasets/annotations/benchmark.ts";
import { evaluationTree } from "../../runs/evaluation/evaluation-tree.ts";
import {
  type OpenResultsOptions,
  readResults,
  type TrackerResults,
  trackersIn,
} from "../results/open-results.ts";
import { scoreTracker, type TrackerScore } from "../score/score-tracker.ts";

/** An evaluation's scores. */
export interface RunScore {
  /** Of all runs together: a sequence's figures are the mean of its runs. */
  readonly mean: TrackerScore;
  /** Of each run; one entry where there is one. */
  readonly runs: readonly TrackerScore[];
}

/**
 * Scores an evaluation, with `allowMissing` one in which sequences failed; undefined where no sequence has its annotation. Throws what `readResults` and `scoreTracker`
 * throw.
 */
export async function scoreRun(
  folder: string,
  annotations: AnnotationSet,
  protocol: Protocol,
  options: Pick<OpenResultsOptions, "allowMissing"> = {},
): Promise<RunScore | undefined> {
  const tree = await evaluationTree(folder);
  if (!tree || annotations.sequences.length === 0) return undefined;
  const [files] = trackersIn(tree, annotations);
  const results = await readResults(tree, files!, annotations, options);
  const count = Math.max(...[...results.sequences.values()].map((runs) => runs.length));
  const score = (some: TrackerResults) => scoreTracker(annotations, some, protocol);
  const mean = score(results);
  const runs = count === 1 ? [mean] : Array.from({ length: count }, (_, k) => score(onlyRun(results, k)));
  return { mean, runs };
}

function onlyRun(results: TrackerResults, run: number): TrackerResults {
  const sequences = new Map(
    [...results.sequences].flatMap(([name, runs]) => (runs[run] ? [[name, [runs[run]]] as const] : [])),
  );
  return { ...results, sequences };
}
