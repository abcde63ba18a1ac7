import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { LoratError } from "@lorat/graph";
import { listCheckpoints } from "./checkpoint.ts";
import { RECORD_FILE } from "./evaluation/run-record.ts";
import {
  parseRecord,
  type StepRecord,
  type TrackingRecord,
  type ValidationRecord,
  type WarningRecord,
} from "./records.ts";
import { type RunConfig, runConfigSchema, runFiles } from "./run-config.ts";

/** What a run's folder tells, live or finished. */
export interface Run {
  readonly folder: string;
  /** The folder's own name. */
  readonly name: string;
  /** Undefined where the folder holds records alone. */
  readonly config?: RunConfig;
  readonly steps: readonly StepRecord[];
  readonly validations: readonly ValidationRecord[];
  readonly tracking: readonly TrackingRecord[];
  readonly warnings: readonly WarningRecord[];
  readonly checkpoints: readonly { readonly file: string; readonly step: number }[];
  /** When the last record was written; undefined without records. */
  readonly lastWritten?: Date;
  /** Lines that could not be read; the torn last line of a live or killed run does not count. */
  readonly unreadableLines: number;
}

/**
 * Reads a run's folder while it is written or after. Where a record comes twice, after a crash between two writes, the later
 * one counts. Throws `RUN_NOT_FOUND`.
 */
export async function readRun(folder: string): Promise<Run> {
  const metrics = join(folder, runFiles.metrics);
  const [configText, text, info] = await Promise.all([
    readFile(join(folder, runFiles.config), "utf8").catch(() => undefined),
    readFile(metrics, "utf8").catch(() => undefined),
    stat(metrics).catch(() => undefined),
  ]);
  if (configText === undefined && text === undefined) {
    throw new LoratError(
      "RUN_NOT_FOUND",
      `${folder} holds no run: neither ${runFiles.config} nor ${runFiles.metrics}`,
      {
        hint: "lorat runs list DIR shows the runs below a folder",
      },
    );
  }
  const byStep = {
    steps: new Map<number, StepRecord>(),
    validations: new Map<number, ValidationRecord>(),
    tracking: new Map<number, TrackingRecord>(),
  };
  const warnings: WarningRecord[] = [];
  let unreadableLines = 0;
  const lines = (text ?? "").split("\n");
  const torn = lines.pop();
  for (const line of [...lines, ...(torn && parseRecord(torn) ? [torn] : [])]) {
    if (line === "") continue;
    const record = parseRecord(line);
    if (!record) unreadableLines++;
    else if (record.kind === undefined) byStep.steps.set(record.step, record);
    else if (record.kind === "validation") byStep.validations.set(record.step, record);
    else if (record.kind === "tracking") byStep.tracking.set(record.step, record);
    else if (record.kind === "warning") warnings.push(record);
  }
  return {
    folder,
    name: basename(resolve(folder)),
    config: configText === undefined ? undefined : parsedConfig(configText),
    steps: ascending(byStep.steps),
    validations: ascending(byStep.validations),
    tracking: ascending(byStep.tracking),
    warnings,
    checkpoints: await listCheckpoints(join(folder, runFiles.checkpoints)),
    lastWritten: info && info.size > 0 ? info.mtime : undefined,
    unreadableLines,
  };
}

/** Folders below `directory`, and itself, that hold trainings or evaluations; sorted, at most three levels down. */
export async function findRuns(directory: string): Promise<string[]> {
  const info = await stat(directory).catch(() => undefined);
  if (!info?.isDirectory()) {
    throw new LoratError(
      "RUN_NOT_FOUND",
      `expected a folder with runs at ${directory}, found ${info ? "a file" : "nothing"}`,
    );
  }
  const found: string[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = new Set(entries.map(({ name }) => name));
    if (names.has(runFiles.metrics) || names.has(RECORD_FILE)) found.push(folder);
    if (depth === 0) return;
    for (const entry of entries) {
      const inside = entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules";
      if (inside) await visit(join(folder, entry.name), depth - 1);
    }
  };
  await visit(directory, 3);
  return found.sort();
}

function parsedConfig(text: string): RunConfig | undefined {
  try {
    return runConfigSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function ascending<T>(records: ReadonlyMap<number, T>): T[] {
  return [...records].sort(([a], [b]) => a - b).map(([, record]) => record);
}
