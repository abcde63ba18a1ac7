import type { Benchmark } from "../../datasets/annotations/benchmark.ts";

/** Result files of one tracker. */
export interface TrackerFiles {
  /** Folder that holds them, relative; empty for the top. */
  readonly root: string;
  /** Files of each sequence: one for each time that the tracker was run. */
  readonly sequences: ReadonlyMap<string, readonly string[]>;
  /** Files with seconds a frame, by sequence. */
  readonly times: ReadonlyMap<string, string>;
  /** Sequences with several files that could be meant, and these files. */
  readonly ambiguous: ReadonlyMap<string, readonly string[]>;
}

const EXTENSION = /\.(txt|csv)$/i;
/** What trackers write beside their boxes. */
const BESIDE = /_(confidence|conf|scores?|object_presence_scores|all_boxes|all_scores|visible)$/i;

/**
 * The trackers whose results are among some files, matched by name with the sequences: `NAME.txt`, `NAME/NAME.txt`,
 * `NAME/NAME_001.txt` with `NAME_time.txt`, in any folder, with the benchmark's prefix or without, in any case, `-`, `_` and
 * `.` alike. Runs are `NAME_001`, `NAME_002`, … of a sequence, or folders `TRACKER_001`, `TRACKER_002_tracking_result`, ….
 * Files of nothing known are left out.
 */
export function findTrackers(
  files: readonly string[],
  sequences: readonly string[],
  { prefixes = [], numbersObjects = false }: Pick<Benchmark, "prefixes" | "numbersObjects">,
): TrackerFiles[] {
  const nameOf = matcher(sequences, prefixes, numbersObjects);
  const groups = new Map<string, Group>();
  for (const file of files) {
    if (!EXTENSION.test(file)) continue;
    const parts = file.split("/");
    const stem = parts.pop()!.replace(EXTENSION, "");
    if (BESIDE.test(stem)) continue;
    const found = matchFile(stem, nameOf);
    if (!found) continue;
    const inOwnFolder = parts.length > 0 && nameOf(parts.at(-1)!) === found.name;
    const root = (inOwnFolder ? parts.slice(0, -1) : parts).join("/");
    const group = groups.get(root) ?? { root, runs: new Map(), times: new Map() };
    groups.set(root, group);
    if (found.isTime) {
      group.times.set(found.name, file);
      continue;
    }
    const runs = group.runs.get(found.name) ?? new Map<number, string[]>();
    group.runs.set(found.name, runs);
    runs.set(found.run, [...(runs.get(found.run) ?? []), file]);
  }
  const withBoxes = [...groups.values()].filter(({ runs }) => runs.size > 0);
  return together(withBoxes).map(describe);
}

interface Group {
  readonly root: string;
  /** Files by sequence and number of the run; more than one where names cannot be told apart. */
  readonly runs: Map<string, Map<number, string[]>>;
  readonly times: Map<string, string>;
}

function matchFile(stem: string, nameOf: (stem: string) => string | undefined) {
  const name = nameOf(stem);
  if (name !== undefined) return { name, run: 1, isTime: false };
  const [, base, suffix] = /^(.*)_(\d{3}|time)$/i.exec(stem) ?? [];
  const of = base === undefined ? undefined : nameOf(base);
  if (of === undefined) return undefined;
  const isTime = suffix!.toLowerCase() === "time";
  return { name: of, run: isTime ? 0 : Number(suffix), isTime };
}

/** From a file's name to the sequence's: exactly, else without regard to case, prefix and kind of dash. */
function matcher(sequences: readonly string[], prefixes: readonly string[], numbersObjects: boolean) {
  const exact = new Set(sequences);
  const loose = new Map<string, string | undefined>();
  for (const name of sequences) {
    const key = looseKey(name);
    loose.set(key, loose.has(key) ? undefined : name);
  }
  if (numbersObjects) addVideoNames(loose, sequences);
  return (stem: string): string | undefined => {
    if (exact.has(stem)) return stem;
    const key = looseKey(stem);
    const found = loose.get(key);
    if (found !== undefined) return found;
    const prefix = prefixes.find((one) => key.startsWith(looseKey(one)));
    return prefix === undefined ? undefined : loose.get(key.slice(prefix.length));
  };
}

/** A video with one annotated object may be named with the object's number, `Human4-2`, or without. */
function addVideoNames(loose: Map<string, string | undefined>, sequences: readonly string[]): void {
  const objects = new Map<string, string[]>();
  for (const name of sequences) {
    const video = looseKey(name).replace(/-[1-9]$/, "");
    objects.set(video, [...(objects.get(video) ?? []), name]);
  }
  for (const [video, [only, ...others]] of objects) {
    if (only === undefined || others.length > 0) continue;
    for (const key of [video, `${video}-1`, `${video}-2`]) if (!loose.has(key)) loose.set(key, only);
  }
}

function looseKey(name: string): string {
  return name.toLowerCase().replace(/[_.\s]/g, "-");
}

/** Joins folders that are runs of one tracker, or parts of one set of results. */
function together(groups: readonly Group[]): Group[] {
  if (groups.length < 2) return [...groups];
  const runs = groups.map((group) => /^(.*)_(\d{3})(_tracking_result)?$/.exec(group.root));
  const areRuns = runs.every((match) => match && match[1] === runs[0]![1]);
  const names = groups.flatMap(({ runs: own }) => [...own.keys()]);
  const areParts = new Set(names).size === names.length;
  if (!areRuns && !areParts) return [...groups];
  const joined: Group = { root: areRuns ? runs[0]![1]! : common(groups), runs: new Map(), times: new Map() };
  groups.forEach((group, i) => {
    for (const [name, own] of group.runs) {
      const all = joined.runs.get(name) ?? new Map<number, string[]>();
      for (const [run, files] of own) all.set(areRuns ? Number(runs[i]![2]) * 1000 + run : run, files);
      joined.runs.set(name, all);
    }
    for (const [name, file] of group.times) joined.times.set(name, file);
  });
  return [joined];
}

/** The folder that all are in. */
function common(groups: readonly Group[]): string {
  const paths = groups.map(({ root }) => root.split("/"));
  const first = paths[0]!;
  const length = first.findIndex((part, i) => paths.some((path) => path[i] !== part));
  return first.slice(0, length < 0 ? first.length : length).join("/");
}

function describe({ root, runs, times }: Group): TrackerFiles {
  const sequences = new Map<string, readonly string[]>();
  const ambiguous = new Map<string, readonly string[]>();
  for (const [name, own] of runs) {
    const ordered = [...own].sort(([a], [b]) => a - b).map(([, files]) => files);
    const several = ordered.filter((files) => files.length > 1).flat();
    if (several.length > 0) ambiguous.set(name, several);
    sequences.set(
      name,
      ordered.map(([file]) => file!),
    );
  }
  return { root, sequences, times, ambiguous };
}
