import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import type { EvalSet } from "../../datasets/open-eval-set.ts";
import { writeOutput } from "../../files/pending-file.ts";
import type { TrackerIdentity } from "../../trackers/tracker-spec.ts";

/** What an evaluation's folder says of itself, in `run.json`. */
export interface RunRecord {
  readonly format: "lorat-eval";
  /** Of lorat. */
  readonly version: string;
  readonly dataset: {
    readonly kind: string;
    readonly path: string;
    readonly splits: readonly string[];
    readonly sequences: number;
    readonly frames: number;
    readonly fingerprint: string;
  };
  readonly tracker: TrackerIdentity;
  /** Times that the tracker runs over each sequence. */
  readonly repeat: number;
}

export const RECORD_FILE = "run.json";

/** The record of a run that is about to start. */
export async function recordOf(set: EvalSet, tracker: TrackerIdentity, repeat: number): Promise<RunRecord> {
  const { kind, path, splits, sequences, fingerprint } = set;
  const frames = sequences.reduce((sum, one) => sum + one.frames.count, 0);
  return {
    format: "lorat-eval",
    version: await ownVersion(),
    dataset: { kind, path, splits, sequences: sequences.length, frames, fingerprint },
    tracker,
    repeat,
  };
}

/** The record in a folder; undefined where there is none. Throws `EVAL_RECORD` for a file that is none. */
export async function readRecord(folder: string): Promise<RunRecord | undefined> {
  const path = join(folder, RECORD_FILE);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const record = JSON.parse(text) as RunRecord;
    if (record.format === "lorat-eval") return record;
  } catch {
    // Said below.
  }
  throw new LoratError("EVAL_RECORD", `${path} is not the record of an evaluation`, {
    hint: "Choose another folder with --out.",
  });
}

/** Writes the record beside its place and renames it. Throws what `writeOutput` throws. */
export async function writeRecord(folder: string, record: RunRecord): Promise<void> {
  const text = `${JSON.stringify(record, null, 2)}\n`;
  await writeOutput(join(folder, RECORD_FILE), {}, (partial) => writeFile(partial, text));
}

/** Throws `EVAL_CHANGED` with every difference that makes results of two runs not belong together. */
export function checkSame(then: RunRecord, now: RunRecord, folder: string): void {
  const differences = COMPARED.flatMap(([what, value]) => {
    const [before, after] = [value(then), value(now)].map((one) => JSON.stringify(one));
    return before === after ? [] : [`${what}: ${before} in the folder, ${after} now`];
  });
  if (differences.length === 0) return;
  throw new LoratError("EVAL_CHANGED", `${folder} holds an evaluation of something else`, {
    issues: differences,
    hint: "Choose another folder with --out, or give the same dataset, tracker and options again.",
  });
}

/** Where files lie is not compared, only what is in them. */
const COMPARED: readonly (readonly [string, (record: RunRecord) => unknown])[] = [
  ["version of lorat", ({ version }) => version],
  ["kind of dataset", ({ dataset }) => dataset.kind],
  ["parts", ({ dataset }) => dataset.splits],
  ["sequences", ({ dataset }) => dataset.sequences],
  ["frames", ({ dataset }) => dataset.frames],
  ["fingerprint of the sequences", ({ dataset }) => dataset.fingerprint],
  ["tracker", ({ tracker }) => tracker.name],
  ["kind of tracker", ({ tracker }) => tracker.kind],
  ["fingerprint of the tracker", ({ tracker }) => tracker.fingerprint],
  ["device", ({ tracker }) => tracker.device],
  ["precision", ({ tracker }) => tracker.precision ?? "fp32"],
  ["repeat", ({ repeat }) => repeat],
];

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
