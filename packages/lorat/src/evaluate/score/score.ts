import { type ProtocolName, protocolOf } from "@lorat/core/metrics";
import { openAnnotations } from "../../datasets/annotations/open-annotations.ts";
import { type OpenResultsOptions, openResults } from "../results/open-results.ts";
import { scoreTracker, type TrackerScore } from "./score-tracker.ts";

/** What is scored, and how. */
export interface ScoreOptions extends OpenResultsOptions {
  /** `KIND:PATH`: annotation as a folder, .tar.gz or .zip; pictures are not needed. */
  readonly dataset: string;
  /** Result files, one a sequence: a folder, .tar.gz or .zip. */
  readonly results: string;
  /** Conventions of the metric; default: `toolkit`. */
  readonly protocol?: ProtocolName;
  /** Part of the dataset; default: the one that the results are for. */
  readonly split?: string;
  /** Of the bootstrap intervals; default: 0. */
  readonly seed?: number;
}

/**
 * Scores a tracker's result files on a benchmark, as `lorat score` does. Throws what `openAnnotations` and `openResults` throw.
 *
 * @example
 * const { overall } = await score({ dataset: "otb:OTB100", results: "results.zip" });
 */
export async function score(options: ScoreOptions): Promise<TrackerScore> {
  const { dataset, results, protocol = "toolkit", split, seed = 0, ...reading } = options;
  const annotations = await openAnnotations(dataset, { split });
  return scoreTracker(annotations, await openResults(results, annotations, reading), protocolOf(protocol), {
    seed,
  });
}
