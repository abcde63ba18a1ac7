import { resolve } from "node:path";
import { LoratError } from "@lorat/graph";
import type { AnnotationSet } from "../../datasets/annotations/benchmark.ts";
import { BENCHMARKS, type ScoredKind } from "../../datasets/annotations/benchmark.ts";
import { pixelOrigin } from "../../datasets/pixel-origin.ts";
import { Problems } from "../../datasets/problems.ts";
import { openTree, type Tree } from "../../files/archive/index.ts";
import { evaluationTree } from "../../runs/evaluation/evaluation-tree.ts";
import { mapAhead } from "../../threads/map-ahead.ts";
import {
  applyCoordinates,
  areCorners,
  type CoordinateChoice,
  type Coordinates,
  describeCoordinates,
  firstBoxConvention,
  hintOfFirstBoxes,
  type RowsWithTruth,
} from "./coordinates.ts";
import { findTrackers, type TrackerFiles } from "./find-results.ts";
import { parseResult, type ResultFileOptions } from "./result-file.ts";

export interface OpenResultsOptions extends ResultFileOptions {
  /** Scores the sequences that have results; default: all have to. */
  readonly allowMissing?: boolean;
  /** How rows are to be read; default: `as-is`: a file is scored as it is written. */
  readonly coordinates?: CoordinateChoice;
  /** Number that the tracker's files give the first pixel; default: as the benchmark's files do. */
  readonly firstPixel?: 0 | 1;
}

/** A tracker's boxes on a benchmark. */
export interface TrackerResults {
  /** Name of the folder or archive that they came from. */
  readonly tracker: string;
  /** Boxes of each run by sequence, `[frames, 4]`, in the numbers of the benchmark's files. */
  readonly sequences: ReadonlyMap<string, readonly Float64Array[]>;
  /** Sequences without results. */
  readonly missing: readonly string[];
  readonly coordinates: Coordinates;
  /** Mean of frames a second over the frames with a time; undefined without times. */
  readonly framesPerSecond: number | undefined;
  /** What is worth telling. */
  readonly notes: readonly string[];
}

const IN_FLIGHT = 16;

/**
 * Reads one tracker's results from a folder or an archive.
 *
 * Throws what `openTree` throws, `RESULTS_NONE`, `RESULTS_SEVERAL` (more than one tracker), `RESULTS_MISSING` with the
 * sequences that lack results, `RESULTS_CASE` for files that differ only in case, and for bad files what `parseResult`
 * throws, or `RESULTS_INVALID` listing problems of several kinds.
 */
export async function openResults(
  path: string,
  annotations: AnnotationSet,
  options: OpenResultsOptions = {},
): Promise<TrackerResults> {
  const tree = (await evaluationTree(path)) ?? (await openTree(path));
  const trackers = trackersIn(tree, annotations);
  if (trackers.length > 1) {
    throw new LoratError(
      "RESULTS_SEVERAL",
      `${path} holds results of ${trackers.length} trackers, expected one`,
      {
        issues: trackers.map(({ root, sequences }) => `${root || "."}: ${sequences.size} sequences`),
        hint: "Give the folder of one of them, or all to lorat compare.",
      },
    );
  }
  return readResults(tree, trackers[0]!, annotations, options);
}

/** The trackers with results on a benchmark. Throws `RESULTS_NONE`. */
export function trackersIn(tree: Tree, { kind, name, sequences }: AnnotationSet): TrackerFiles[] {
  const names = sequences.map((sequence) => sequence.name);
  const trackers = findTrackers(tree.files, names, BENCHMARKS[kind]);
  if (trackers.length === 0) {
    const found = tree.files.length === 0 ? "it is empty" : `found ${tree.files.slice(0, 3).join(", ")}`;
    throw new LoratError("RESULTS_NONE", `${tree.path} holds no results for ${name}: ${found}`, {
      hint: `Expected files named like the sequences, ${names.slice(0, 2).join(".txt, ")}.txt for example.`,
    });
  }
  return trackers;
}

/** Reads the files of one tracker. */
export async function readResults(
  tree: Tree,
  files: TrackerFiles,
  annotations: AnnotationSet,
  { allowMissing = false, coordinates = "as-is", firstPixel, allowNaN = false }: OpenResultsOptions = {},
): Promise<TrackerResults> {
  const problems = new Problems();
  const notes: string[] = [];
  const missing = annotations.sequences
    .filter(({ name }) => !files.sequences.has(name))
    .map(({ name }) => name);
  if (missing.length > 0 && !allowMissing) {
    for (const name of missing) problems.add("RESULTS_MISSING", name);
  }
  for (const [name, several] of files.ambiguous) {
    const onlyCase = new Set(several.map((file) => file.toLowerCase())).size === 1;
    const text = `${several.join(" and ")} ${onlyCase ? "differ only in case" : `could both be ${name}`}`;
    problems.add(onlyCase ? "RESULTS_CASE" : "RESULTS_AMBIGUOUS", text);
  }
  const present = annotations.sequences.filter(({ name }) => files.sequences.has(name));
  const sequences = new Map<string, Float64Array[]>();
  const lacking: string[] = [];
  const given: RowsWithTruth[] = [];
  const jobs = present.flatMap((sequence) =>
    files.sequences.get(sequence.name)!.map((file) => ({ sequence, file })),
  );
  const read = mapAhead(jobs, IN_FLIGHT, ({ sequence, file }) =>
    problems.collect(async () => {
      const frames = sequence.truth.length / 4;
      const { rows, lacksLast, startsGiven } = parseResult(await tree.read(file), file, frames, { allowNaN });
      if (lacksLast) lacking.push(sequence.name);
      if (startsGiven) given.push({ rows, truth: sequence.truth });
      return { name: sequence.name, rows };
    }),
  );
  for await (const found of read) {
    if (found) sequences.set(found.name, [...(sequences.get(found.name) ?? []), found.rows]);
  }
  const hint =
    missing.length > 0 && !allowMissing
      ? "--allow-missing scores the sequences that have results."
      : undefined;
  problems.finish(
    "RESULTS_INVALID",
    `${tree.path} does not hold results of all sequences of ${annotations.name}`,
    hint,
  );
  if (lacking.length > 0) notes.push(`without the last line, whose box counts as invalid: ${few(lacking)}`);
  if (missing.length > 0) {
    notes.push(
      `${missing.length} of ${annotations.sequences.length} sequences without results, left out: ${few(missing)}`,
    );
  }
  const origin = pixelOrigin(annotations.kind);
  const withTruth = present.flatMap(({ name, truth }) =>
    sequences.get(name)!.map((rows) => ({ rows, truth })),
  );
  const isCorners = coordinates === "corners" || (coordinates === "auto" && areCorners(withTruth));
  const shift = firstPixel === undefined ? 0 : ((origin.firstPixel - firstPixel) as Coordinates["shift"]);
  const reading: Coordinates = { order: isCorners ? "xyxy" : "xywh", shift };
  const hinted = hintOfFirstBoxes(firstBoxConvention(withTruth), reading, origin);
  for (const runs of sequences.values()) for (const rows of runs) applyCoordinates(rows, reading);
  for (const { rows, truth } of given) rows.set(truth.subarray(0, 4));
  for (const told of [describeCoordinates(reading), hinted]) if (told !== undefined) notes.push(told);
  const times = await readTimes(tree, files.times);
  return {
    tracker: trackerName(tree, files, annotations.kind),
    sequences,
    missing,
    coordinates: reading,
    framesPerSecond: times,
    notes,
  };
}

/** Mean of `1 / seconds` over all frames with a positive time, as GOT-10k's toolkit does. */
async function readTimes(tree: Tree, files: ReadonlyMap<string, string>): Promise<number | undefined> {
  let sum = 0;
  let count = 0;
  for (const file of files.values()) {
    for (const word of new TextDecoder().decode(await tree.read(file)).match(/[^\s,;]+/g) ?? []) {
      const seconds = Number(word);
      if (!(seconds > 0)) continue;
      sum += 1 / seconds;
      count++;
    }
  }
  return count > 0 ? sum / count : undefined;
}

/**
 * Name of the folder or archive with the results. OSTrack and its kin write `tracking_results/TRACKER/CONFIGURATION/lasot`:
 * the benchmark's name names no tracker, so the folders above do.
 */
function trackerName(tree: Tree, { root }: TrackerFiles, kind: ScoredKind): string {
  const path = tree.path.replace(/\.(tar\.gz|tgz|tar|zip)$/i, "");
  const inside = root.split("/").filter(Boolean);
  const parts = [...resolve(path).split(/[\\/]/), ...inside];
  const ofBenchmark = BENCHMARKS[kind].resultFolders ?? [];
  const least = parts.length - inside.length;
  let end = parts.length;
  while (end > 1 && ofBenchmark.includes(parts[end - 1]!.toLowerCase())) end--;
  const name = parts[end - 1]!.replace(/_tracking_result$/, "").replace(/^results_/, "");
  if (end === parts.length || end < 2) return name;
  const results = parts.lastIndexOf("tracking_results", end - 1);
  if (results >= 0 && end - results === 3) return `${parts[end - 2]}-${name}`;
  return end > least ? parts.slice(least, end).join("-") : name;
}

function few(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}
