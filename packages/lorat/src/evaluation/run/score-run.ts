import { join } from "node:path";
import type { Protocol } from "@lorat/core";
import { openTree, type Tree } from "../../archive/index.ts";
import type { AnnotationSet } from "../annotations/annotation-set.ts";
import { readResults, type TrackerResults, trackersIn } from "../results/open-results.ts";
import { scoreTracker, type TrackerScore } from "../score/score-tracker.ts";
import { RUN_FOLDERS } from "./run-folder.ts";
import { readRecord } from "./run-record.ts";

/** An evaluation's scores. */
export interface RunScore {
  /** Of all runs together: a sequence's figures are the mean of its runs. */
  readonly mean: TrackerScore;
  /** Of each run; one entry where there is one. */
  readonly runs: readonly TrackerScore[];
}

/**
 * An evaluation's folder as readers of results know them: `TRACKER/NAME.txt` and `TRACKER/NAME_time.txt`, or `TRACKER_001/…` and so
 * on for several runs. Undefined for a folder that is none. Throws `EVAL_RECORD`, `TREE_UNREADABLE`.
 */
export async function evaluationTree(folder: string): Promise<Tree | undefined> {
  const record = await readRecord(folder);
  if (!record) return undefined;
  const { name } = record.tracker;
  const tree = await openTree(folder);
  const files = new Map<string, string>();
  for (const file of tree.files) {
    const [kind, ...rest] = file.split("/");
    const sequence = rest.pop()?.replace(/\.txt$/, "");
    const run = /^run_(\d{3})$/.exec(rest[0] ?? "")?.[1];
    if (sequence === undefined || rest.length !== (run === undefined ? 0 : 1)) continue;
    const into = run === undefined ? name : `${name}_${run}`;
    if (kind === RUN_FOLDERS.results) files.set(`${into}/${sequence}.txt`, file);
    if (kind === RUN_FOLDERS.times) files.set(`${into}/${sequence}_time.txt`, file);
  }
  return {
    path: folder,
    kind: "folder",
    files: [...files.keys()].sort(),
    read: (file) => tree.read(files.get(file) ?? join(folder, file)),
  };
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
  const results = await readResults(tree, files!, annotations, { coordinates: "as-is" });
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
