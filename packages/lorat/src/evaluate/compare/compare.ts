import { type ProtocolName, protocolOf } from "@lorat/core/metrics";
import type { OpenResultsOptions } from "../results/open-results.ts";
import { type Comparison, compareTrackers } from "./comparison.ts";

/** What is compared, and how. */
export interface CompareOptions extends OpenResultsOptions {
  /** `KIND:PATH` of each dataset. */
  readonly datasets: readonly string[];
  /** Folders or archives of results, `NAME=PATH` to name the tracker. */
  readonly results: readonly string[];
  /** Conventions of the metric; default: `toolkit`. */
  readonly protocol?: ProtocolName;
  /** Of the bootstrap intervals; default: 0. */
  readonly seed?: number;
}

/** Scores every tracker on every dataset that it has results for, as `lorat compare` does. Throws what `compareTrackers` throws. */
export function compare(options: CompareOptions): Promise<Comparison> {
  const { datasets, results, protocol = "toolkit", seed, ...reading } = options;
  return compareTrackers({ datasets, results, protocol: protocolOf(protocol), seed, options: reading });
}
