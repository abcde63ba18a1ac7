import type { Protocol } from "@lorat/core/metrics";
import { LoratError } from "@lorat/graph";
import type { AnnotationSet } from "../../datasets/annotations/benchmark.ts";
import { openAnnotations } from "../../datasets/annotations/open-annotations.ts";
import { openTree } from "../../files/archive/index.ts";
import { evaluationTree } from "../../runs/evaluation/evaluation-tree.ts";
import { type OpenResultsOptions, readResults, trackersIn } from "../results/open-results.ts";
import { scoreTracker, type TrackerScore } from "../score/score-tracker.ts";

/** What is compared. */
interface ComparisonInput {
  /** `KIND:PATH` of each dataset. */
  readonly datasets: readonly string[];
  /** Folders or archives of results, `NAME=PATH` to name the tracker. */
  readonly results: readonly string[];
  readonly protocol: Protocol;
  readonly options?: OpenResultsOptions;
  readonly seed?: number;
}

/** Trackers scored on datasets. */
export interface Comparison {
  readonly protocol: Protocol;
  readonly annotations: readonly AnnotationSet[];
  /** In the order in which they came; a tracker need not have results for every dataset. */
  readonly trackers: readonly ComparedTracker[];
}

interface ComparedTracker {
  readonly name: string;
  /** One for each dataset, in their order. */
  readonly scores: readonly (TrackerScore | undefined)[];
  /** Boxes of the first run by sequence, for each dataset. */
  readonly boxes: readonly (ReadonlyMap<string, Float64Array> | undefined)[];
}

/** Results with fewer of a dataset's sequences are taken to be of another one. */
const LEAST_SHARE = 0.5;

/**
 * Scores every tracker on every dataset that it has results for. A folder may hold several trackers, and results for several
 * datasets. Throws what `openAnnotations`, `openTree` and `openResults` throw, `RESULTS_NONE` for results of none of the
 * datasets, `COMPARE_TWICE` where a tracker has two sets of results on one dataset.
 */
export async function compareTrackers(input: ComparisonInput): Promise<Comparison> {
  const { datasets, results, protocol, options = {}, seed = 0 } = input;
  const annotations: AnnotationSet[] = [];
  for (const dataset of datasets) annotations.push(await openAnnotations(dataset));
  const trackers = new Map<string, Mutable>();
  for (const text of results) {
    const { name, path } = named(text);
    const tree = (await evaluationTree(path)) ?? (await openTree(path));
    let used = false;
    for (const [i, set] of annotations.entries()) {
      const all = tryTrackers(tree, set);
      const fitting = all.filter(({ sequences }) => sequences.size >= LEAST_SHARE * set.sequences.length);
      for (const files of fitting.length > 0 || annotations.length > 1 ? fitting : all) {
        const read = await readResults(tree, files, set, options);
        const tracker = name ?? read.tracker;
        const entry = trackers.get(tracker) ?? emptyTracker(tracker, annotations.length);
        trackers.set(tracker, entry);
        if (entry.scores[i]) {
          throw new LoratError(
            "COMPARE_TWICE",
            `${tracker} has results for ${set.name} twice, the second in ${path}`,
            {
              hint: "Name them apart with NAME=PATH.",
            },
          );
        }
        entry.scores[i] = { ...scoreTracker(set, read, protocol, { seed }), tracker };
        entry.boxes[i] = new Map([...read.sequences].map(([sequence, runs]) => [sequence, runs[0]!]));
        used = true;
      }
    }
    if (!used) {
      throw new LoratError(
        "RESULTS_NONE",
        `${path} holds results of none of the datasets ${datasets.join(", ")}`,
      );
    }
  }
  return { protocol, annotations, trackers: [...trackers.values()] };
}

interface Mutable {
  readonly name: string;
  readonly scores: (TrackerScore | undefined)[];
  readonly boxes: (ReadonlyMap<string, Float64Array> | undefined)[];
}

function emptyTracker(name: string, datasets: number): Mutable {
  return { name, scores: Array(datasets).fill(undefined), boxes: Array(datasets).fill(undefined) };
}

function tryTrackers(...[tree, set]: Parameters<typeof trackersIn>): ReturnType<typeof trackersIn> {
  try {
    return trackersIn(tree, set);
  } catch (error) {
    if (error instanceof LoratError && error.code === "RESULTS_NONE") return [];
    throw error;
  }
}

/** `NAME=PATH`, or a path alone; a name has no slash in it. */
function named(text: string): { name: string | undefined; path: string } {
  const [, name, path] = /^([^/\\=]+)=(.+)$/.exec(text) ?? [];
  return name === undefined ? { name: undefined, path: text } : { name, path: path! };
}
