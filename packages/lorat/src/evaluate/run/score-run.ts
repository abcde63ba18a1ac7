import type { Protocol } from "@lorat/core";
import type { AnnotationSet } from "../../datasets/annotations/annotation-set.ts";
import { evaluationTree } from "../../runs/evaluation/evaluation-tree.ts";
import { readResults, type TrackerResults, trackersIn } from "../results/open-results.ts";
import { scoreTracker, type TrackerScore } from "../score/score-tracker.ts";

/** An evaluation's scores. */
export interface RunScore {
  /** Of all runs together: a sequence's figures are the mean of its runs. */
  readonly mean: TrackerScore;
  /** Of each run; one entry where there is one. */
  readonly runs: readonly TrackerScore[];
}

/**
 * Scores a finished evaluation; undefined where no sequence has its annotation. Throws what `readResults` and `scoreTracker`
 * throw.
 */
export async function scoreRun(
  folder: string,
  annotations: AnnotationSet,
  protocol: Protocol,
): Promise<RunScore | undefined> {
  const tree = await evaluationTree(folder);
  if (!tree || annotations.sequences.length === 0) return undefined;
  const [files] = trackersIn(tree, annotations);
  const results = await readResults(tree, files!, annotations);
  const count = Math.max(...[...results.sequences.values()].map((runs) => runs.length));
  const score = (some: TrackerResults) => scoreTracker(annotations, some, protocol);
  const mean = score(results);
  const runs = count === 1 ? [mean] : Array.from({ length: count }, (_, k) => score(onlyRun(results, k)));
  return { mean, runs };
}

function onlyRun(results: TrackerResults, run: number): TrackerResults {
  const sequences = new Map([...results.sequences].map(([name, runs]) => [name, runs.slice(run, run + 1)]));
  return { ...results, sequences };
}
