import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { RUN_FOLDERS } from "./run-folder.ts";
import { readRecord } from "./run-record.ts";

/** An evaluation in a few numbers, for tables and for `--json`. */
export interface EvaluationSummary {
  readonly kind: "evaluation";
  readonly folder: string;
  readonly tracker: string;
  /** `KIND:PATH`. */
  readonly dataset: string;
  /** Result files that are there, and those of the whole evaluation. */
  readonly finished: number;
  readonly sequences: number;
  /** When the last of them was written. */
  readonly lastWritten: Date | undefined;
}

/** Sums an evaluation up; undefined for a folder of anything else. */
export async function summariseEvaluation(folder: string): Promise<EvaluationSummary | undefined> {
  const record = await readRecord(folder).catch(() => undefined);
  if (!record) return undefined;
  const { tracker, dataset, repeat } = record;
  const results = join(folder, RUN_FOLDERS.results);
  const entries = await readdir(results, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".txt"));
  const times = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).mtime),
  );
  return {
    kind: "evaluation",
    folder,
    tracker: tracker.name,
    dataset: `${dataset.kind}:${dataset.path}`,
    finished: files.length,
    sequences: dataset.sequences * repeat,
    lastWritten: times.reduce<Date | undefined>(
      (last, time) => (last && last > time ? last : time),
      undefined,
    ),
  };
}
