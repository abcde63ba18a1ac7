import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { LoratError } from "@lorat/graph";
import { mapAhead } from "../threads/map-ahead.ts";
import type { AnnotationSource } from "./annotation-source.ts";
import { chooseSequences, chooseSplits } from "./choose.ts";
import { openSource } from "./open-source.ts";
import type { Problems } from "./problems.ts";
import type { DatasetReader, RawSequence, SequenceEntry } from "./raw.ts";
import { READERS } from "./readers/index.ts";
import { type DatasetRequest, type DatasetSpec, parseDatasetSpec } from "./spec.ts";

/** What is wanted of a dataset, before anything of it is read. */
interface DatasetChoice {
  readonly spec: DatasetSpec;
  readonly reader: DatasetReader;
  readonly splits: readonly string[];
  /** Text of the list of sequences, where there is one. */
  readonly list: string | undefined;
  /** Where the list is from, for messages. */
  readonly listName: string | undefined;
}

/**
 * Reads a choice: `KIND:PATH`, its parts (default: the first, which training uses), a file that lists sequences.
 * Throws `DATASET_KIND`, `DATASET_SPLIT`, `DATASET_LIST`.
 */
export async function chooseDataset(share: DatasetRequest): Promise<DatasetChoice> {
  const spec = parseDatasetSpec(share.dataset);
  const reader = READERS[spec.kind];
  const splits = chooseSplits(reader, share.split, share.dataset);
  const list = share.list === undefined ? undefined : await readList(share.list);
  return { spec, reader, splits, list, listName: share.list };
}

interface OpenEntriesOptions {
  readonly signal?: AbortSignal | undefined;
  /** The dataset's files, where they were opened before; default: its folder. */
  readonly source?: AnnotationSource;
  /** Another layout that would have been read, for the message. */
  readonly alternative?: string;
}

/**
 * The sequences that were chosen, none of them read yet. Throws `DATASET_NOT_FOUND`, `DATASET_LAYOUT`, `DATASET_EMPTY`,
 * `DATASET_LIST`.
 */
export async function openEntries(
  choice: DatasetChoice,
  { signal, source: given, alternative = "" }: OpenEntriesOptions = {},
): Promise<{ readonly source: AnnotationSource; readonly entries: readonly SequenceEntry[] }> {
  const { spec, reader, splits, list, listName } = choice;
  const source = given ?? (await openSource(spec.path, { signal }));
  const all = await reader.entries(source, splits);
  if (all.length === 0) throw await notThisKind(source, choice, alternative);
  return { source, entries: list === undefined ? all : chooseSequences(all, list, listName!) };
}

const IN_FLIGHT = 16;

/** Reads sequences, a few at a time, and gives what `use` makes of each, in order. Errors of sequences go to `problems`. */
export async function readEntries<T>(
  entries: readonly SequenceEntry[],
  problems: Problems,
  use: (sequence: RawSequence) => Promise<T>,
  signal?: AbortSignal,
): Promise<T[]> {
  const found: T[] = [];
  const read = mapAhead(entries, IN_FLIGHT, (entry) =>
    problems.collect(async () => Promise.all((await entry.read()).map(use))),
  );
  for await (const some of read) {
    signal?.throwIfAborted();
    if (some) found.push(...some);
  }
  return found;
}

/** `KIND:PATH` and what was chosen of it, for messages and records. */
export function describeChoice({ spec, splits, listName }: DatasetChoice): string {
  const choice = [...splits, ...(listName === undefined ? [] : [`list ${basename(listName)}`])];
  return `${spec.kind}:${spec.path}${choice.length > 0 ? ` (${choice.join(", ")})` : ""}`;
}

async function notThisKind(
  source: AnnotationSource,
  { spec: { kind, path }, splits }: DatasetChoice,
  alternative: string,
): Promise<LoratError> {
  const listing = await source.list("");
  const inside = [...(listing?.folders ?? []).map((name) => `${name}/`), ...(listing?.files ?? [])];
  if (inside.length === 0) return new LoratError("DATASET_EMPTY", `${path} is empty`);
  const part = splits.length > 0 ? ` (part ${splits.join(", ")})` : "";
  const found = [...inside.slice(0, 5), ...(inside.length > 5 ? [`${inside.length - 5} more`] : [])];
  return new LoratError(
    "DATASET_LAYOUT",
    `${path} is not laid out as ${kind}${part}: expected ${READERS[kind].layout}${alternative}; found ${found.join(", ")}`,
  );
}

async function readList(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: Error) => {
    throw new LoratError("DATASET_LIST", `${path} cannot be read: ${cause.message}`, { cause });
  });
}
