import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TrainingProgress, TrainingState } from "@lorat/core/training";
import { fileSource, openSafetensors } from "@lorat/core/weights";
import { float32, LoratError, type Tensor } from "@lorat/graph";
import { z } from "zod";
import { tensorsToWrite, writeTensorFile } from "../files/tensor-file.ts";

/** Where a run stands, with counts that its records carry on. */
export interface Checkpoint extends TrainingState {
  /** Updates so far that were skipped. */
  readonly skipped: number;
}

const pattern = /^step-(\d{7,})\.safetensors$/;
const partial = /^step-\d{7,}\.safetensors\.tmp$/;

/**
 * Writes a checkpoint beside its final name, brings it to the disk and renames it, then removes all but the last `keep`.
 * Whatever happens, the checkpoints that were complete before stay complete. Throws `CHECKPOINT_WRITE`.
 */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint, keep: number): Promise<string> {
  const { tensors, progress, skipped } = checkpoint;
  const path = join(folder, `step-${String(progress.step).padStart(7, "0")}.safetensors`);
  const temporary = `${path}.tmp`;
  try {
    await mkdir(folder, { recursive: true });
    const metadata = { step: String(progress.step), progress: JSON.stringify({ ...progress, skipped }) };
    await writeTensorFile(temporary, tensorsToWrite(tensors), metadata);
    await rename(temporary, path);
    await syncFolder(folder);
    const complete = await listCheckpoints(folder);
    for (const old of complete.slice(0, -keep)) await rm(join(folder, old.file), { force: true });
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LoratError("CHECKPOINT_WRITE", `the checkpoint ${path} could not be written: ${reason}`, {
      hint: "the last complete checkpoint is still there; free some space and continue with --resume",
      cause,
    });
  }
  return path;
}

/** Complete checkpoints of a folder, oldest first. */
export async function listCheckpoints(folder: string): Promise<{ file: string; step: number }[]> {
  const files = await readdir(folder).catch(() => []);
  return files
    .flatMap((file) => {
      const match = pattern.exec(file);
      return match ? [{ file, step: Number(match[1]) }] : [];
    })
    .sort((a, b) => a.step - b.step);
}

/** Removes what a killed process left half written. */
export async function removePartialCheckpoints(folder: string): Promise<void> {
  const files = await readdir(folder).catch(() => []);
  for (const file of files) if (partial.test(file)) await rm(join(folder, file), { force: true });
}

/**
 * Reads a checkpoint written by {@link writeCheckpoint}, one tensor at a time. Throws what the safetensors reader throws,
 * and `CHECKPOINT_FORMAT` where the file does not say how far the training had come.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const source = await fileSource(path);
  try {
    const file = await openSafetensors(source);
    const { skipped, ...progress } = progressOf(file.metadata, path);
    const tensors = new Map<string, Tensor<"float32">>();
    for (const [name, { shape }] of file.entries) tensors.set(name, float32(await file.float32(name), shape));
    return { progress, tensors, skipped };
  } finally {
    await source.dispose();
  }
}

/** The last complete checkpoint of a run's folder of checkpoints; undefined when there is none. */
export async function lastCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  const last = (await listCheckpoints(folder)).at(-1);
  return last && readCheckpoint(join(folder, last.file));
}

const recordedProgress = z.object({
  step: z.int(),
  updates: z.int(),
  nonFinite: z.int(),
  lossScale: z.object({ scale: z.number(), goodSteps: z.number() }).optional(),
  skipped: z.int(),
});

/** The progress that a checkpoint records; the step alone in those of version 0.1. */
function progressOf(
  metadata: ReadonlyMap<string, string>,
  path: string,
): TrainingProgress & { skipped: number } {
  const text = metadata.get("progress");
  if (text !== undefined) {
    const { data, error } = recordedProgress.safeParse(JSON.parse(text));
    if (data) return data;
    throw new LoratError(
      "CHECKPOINT_FORMAT",
      `${path}: ${error.issues[0]!.path.join(".")}: ${error.issues[0]!.message}`,
      {
        hint: "it is no checkpoint of a run",
      },
    );
  }
  const step = Number(metadata.get("step"));
  if (Number.isInteger(step)) return { step, updates: step, nonFinite: 0, skipped: 0 };
  throw new LoratError("CHECKPOINT_FORMAT", `${path} does not say how far the training had come`, {
    hint: "it is no checkpoint of a run",
  });
}

/** Brings a rename to the disk, where the system can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
