import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import { writeJson } from "../files/pending-file.ts";
import { type Checkpoint, lastCheckpoint, removePartialCheckpoints } from "./checkpoint.ts";
import { runFiles } from "./run-config.ts";

/** Fingerprints of what a run reads: they must be the same when it goes on. */
type RunSources = Readonly<Record<string, string>>;

/**
 * Checks that a run may start in a folder, or go on there, and reads its last checkpoint then (undefined when it was
 * stopped before its first). Writes nothing. Throws `RUN_EXISTS`, `RUN_NOTHING_TO_RESUME`, `RUN_CONFIG_CHANGED` with
 * every difference in `issues`, and what reading the checkpoint throws.
 *
 * A run whose rate has not begun its final decay (`optimizer.decaySteps`) may go on with another number of steps.
 */
export async function checkRun(
  folder: string,
  config: object,
  resume: boolean,
): Promise<Checkpoint | undefined> {
  const path = join(folder, runFiles.config);
  const known = await readJson(path);
  if (!resume) {
    if (known !== undefined) {
      throw new LoratError("RUN_EXISTS", `${folder} already holds a run`, {
        hint: "continue it with --resume, or give another folder",
      });
    }
    return undefined;
  }
  if (known === undefined) throw new LoratError("RUN_NOTHING_TO_RESUME", `${folder} holds no run`);
  const checkpoints = join(folder, runFiles.checkpoints);
  await removePartialCheckpoints(checkpoints);
  const checkpoint = await lastCheckpoint(checkpoints);
  const issues = differences(known, withStepsOf(config, known, checkpoint?.progress.step ?? 0));
  if (issues.length > 0) {
    throw new LoratError(
      "RUN_CONFIG_CHANGED",
      `${folder} was started with another configuration: ${issues.join("; ")}`,
      { hint: "resume with the configuration of the run, or start another in a new folder", issues },
    );
  }
  return checkpoint;
}

/** The configuration with the number of steps that the run was started with, where that number may still change. */
function withStepsOf(config: object, known: unknown, step: number): unknown {
  const now = plain(config) as Lengths;
  const before = known as Lengths;
  const decayBegins = (run: Lengths) =>
    (run.steps ?? 0) - (run.optimizer?.decaySteps ?? Number.POSITIVE_INFINITY);
  const mayChange = step <= decayBegins(before) && step <= decayBegins(now);
  return mayChange ? { ...now, steps: before.steps } : now;
}

/** What of a configuration tells when its rate decays. */
interface Lengths {
  readonly steps?: number;
  readonly optimizer?: { readonly decaySteps?: number };
}

/**
 * Records a run's configuration and what it reads, or checks that a resumed run reads the same. To be called when all that
 * the configuration names was found: a run that could not start leaves no configuration behind. Throws
 * `RUN_DATA_CHANGED`, the differences in `issues`, and `RUN_WRITE`.
 */
export async function recordRun(folder: string, config: object, sources: RunSources): Promise<void> {
  const path = join(folder, runFiles.sources);
  const known = (await readJson(join(folder, runFiles.config))) && (await readJson(path));
  if (known === undefined) {
    await mkdir(folder, { recursive: true });
    await writeRunFile(path, sources);
    return writeRunFile(join(folder, runFiles.config), config);
  }
  const issues = differences(known, plain(sources));
  // The number of steps may have changed: the folder says what the run goes on with.
  if (issues.length === 0) return writeRunFile(join(folder, runFiles.config), config);
  throw new LoratError(
    "RUN_DATA_CHANGED",
    `what ${folder} was trained on has changed since it started: ${issues.join("; ")}`,
    { hint: "put the data back as it was, or start another run in a new folder", issues },
  );
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LoratError("RUN_FILE", `${path} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
}

async function writeRunFile(path: string, value: unknown): Promise<void> {
  try {
    await writeJson(path, value, { force: true });
  } catch (cause) {
    throw new LoratError("RUN_WRITE", `${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** A value as JSON gives it back. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Where two plain values differ, one line each. */
export function differences(
  before: unknown,
  after: unknown,
  path = "",
  [then, now]: readonly [string, string] = ["before", "now"],
): string[] {
  if (typeof before === "object" && typeof after === "object" && before && after) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) =>
      differences(
        (before as Record<string, unknown>)[key],
        (after as Record<string, unknown>)[key],
        path ? `${path}.${key}` : key,
        [then, now],
      ),
    );
  }
  const shown = (value: unknown) => (value === undefined ? "nothing" : JSON.stringify(value));
  return before === after ? [] : [`${path}: ${shown(before)} ${then}, ${shown(after)} ${now}`];
}
