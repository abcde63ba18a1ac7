import type { ScoredKind } from "../../datasets/annotations/benchmark.ts";

/** One sequence's results. */
export interface ExportSequence {
  readonly name: string;
  /** `[frames, 4]`: x1, y1, x2, y2, pixels counted from 0. */
  readonly corners: Float64Array;
  /** `[frames]`: seconds that each frame took. */
  readonly seconds?: Float64Array | undefined;
}

/** A tracker's results on a benchmark; one list for each time that it was run. */
export interface ExportInput {
  /** Name of the folder inside the archives; `/` becomes `-`. */
  readonly tracker: string;
  readonly kind: ScoredKind;
  readonly runs: readonly (readonly ExportSequence[])[];
}

/** Archives by their names, each with its files' texts by their paths. */
export type ExportArchives = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The tracker's name as part of a path. */
export function trackerFolder({ tracker }: ExportInput): string {
  return tracker.replaceAll("/", "-");
}

/** `001` of run 0, unless `first` is 0. */
export function runNumber(run: number, first: 0 | 1 = 1): string {
  return String(run + first).padStart(3, "0");
}
