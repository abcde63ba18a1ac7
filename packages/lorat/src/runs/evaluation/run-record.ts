import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import { z } from "zod";
import type { EvalSet } from "../../datasets/open-eval-set.ts";
import { packageVersion } from "../../files/package-version.ts";
import { writeJson } from "../../files/pending-file.ts";
import { type TrackerIdentity, trackerIdentity } from "../../trackers/tracker-spec.ts";

const evaluationRecord = z
  .object({
    format: z.literal("lorat-eval"),
    /** Of lorat. */
    version: z.string(),
    dataset: z
      .object({
        kind: z.string(),
        path: z.string(),
        splits: z.array(z.string()).readonly(),
        sequences: z.number(),
        frames: z.number(),
        fingerprint: z.string(),
      })
      .readonly(),
    tracker: trackerIdentity,
    /** Times that the tracker runs over each sequence. */
    repeat: z.int().min(1),
  })
  .readonly();

/** What an evaluation's folder says of itself, in `run.json`. */
export type EvaluationRecord = z.infer<typeof evaluationRecord>;

export const RECORD_FILE = "run.json";

/** The record of a run that is about to start. */
export async function recordOf(
  set: EvalSet,
  tracker: TrackerIdentity,
  repeat: number,
): Promise<EvaluationRecord> {
  const { kind, path, splits, sequences, fingerprint } = set;
  const frames = sequences.reduce((sum, one) => sum + one.frames.count, 0);
  return {
    format: "lorat-eval",
    version: await packageVersion(),
    dataset: { kind, path, splits, sequences: sequences.length, frames, fingerprint },
    tracker,
    repeat,
  };
}

/** The record in a folder; undefined where there is none. Throws `EVAL_RECORD` for a file that is none. */
export async function readRecord(folder: string): Promise<EvaluationRecord | undefined> {
  const path = join(folder, RECORD_FILE);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { success, data } = evaluationRecord.safeParse(jsonOr(text));
  if (success) return data;
  throw new LoratError("EVAL_RECORD", `${path} is not the record of an evaluation`, {
    hint: "Choose another folder with --out.",
  });
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes the record beside its place and renames it. Throws what `writeJson` throws. */
export async function writeRecord(folder: string, record: EvaluationRecord): Promise<void> {
  await writeJson(join(folder, RECORD_FILE), record);
}

/** Throws `EVAL_CHANGED` with every difference that makes results of two runs not belong together. */
export function checkSame(then: EvaluationRecord, now: EvaluationRecord, folder: string): void {
  const differences = recordDifferences(then, now, ["in the folder", "now"]);
  if (differences.length === 0) return;
  throw new LoratError("EVAL_CHANGED", `${folder} holds an evaluation of something else`, {
    issues: differences,
    hint: "Choose another folder with --out, or give the same dataset, tracker and options again.",
  });
}

/** What makes results of two runs not belong together, one line each; the two named by `where`. */
export function recordDifferences(
  one: EvaluationRecord,
  other: EvaluationRecord,
  where: readonly [string, string],
): string[] {
  return COMPARED.flatMap(([what, value]) => {
    const [a, b] = [value(one), value(other)].map((each) => JSON.stringify(each));
    return a === b ? [] : [`${what}: ${a} ${where[0]}, ${b} ${where[1]}`];
  });
}

/** Where files lie is not compared, only what is in them. */
const COMPARED: readonly (readonly [string, (record: EvaluationRecord) => unknown])[] = [
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
