import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { bytesSource, openSafetensors, type TensorToWrite, writeSafetensors } from "@lorat/core";
import { bytesOf, float32, LoratError, type Tensor } from "@lorat/graph";

/** Parameters and optimiser state after a number of steps. */
export interface Checkpoint {
  /** Optimiser steps taken. */
  readonly step: number;
  /** Tensors by name: parameters, `exp_avg/…`, `exp_avg_sq/…` and, when kept, `ema/…`. */
  readonly tensors: ReadonlyMap<string, Tensor<"float32">>;
}

const pattern = /^step-(\d{7,})\.safetensors$/;

/**
 * Writes a checkpoint beside its final name, flushes it to the disk and renames it, then removes all but the last
 * `keep`. Whatever happens, the checkpoints that were complete before stay complete. Throws `CHECKPOINT_WRITE`.
 */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint, keep: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  const name = `step-${String(checkpoint.step).padStart(7, "0")}.safetensors`;
  const path = join(folder, name);
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      const tensors = [...checkpoint.tensors].map(
        ([key, tensor]): TensorToWrite => ({
          name: key,
          dtype: "F32",
          shape: tensor.shape,
          data: bytesOf(tensor),
        }),
      );
      await writeSafetensors(
        tensors,
        { step: String(checkpoint.step) },
        {
          write: async (bytes) => {
            await file.writeFile(bytes);
          },
        },
      );
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LoratError("CHECKPOINT_WRITE", `the checkpoint ${path} could not be written: ${reason}`, {
      hint: "the last complete checkpoint is still there; free some space and continue with --resume",
      cause,
    });
  }
  for (const old of (await listCheckpoints(folder)).slice(0, -keep))
    await rm(join(folder, old.file), { force: true });
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

/** Reads a checkpoint written by {@link writeCheckpoint}; throws what the safetensors reader throws. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const file = await openSafetensors(bytesSource(await readFile(path)));
  const tensors = new Map<string, Tensor<"float32">>();
  for (const [name, entry] of file.entries) {
    // A copy: the reader's numbers may be a view of the whole file.
    tensors.set(name, float32(Float32Array.from(await file.float32(name)), entry.shape));
  }
  return { step: Number(file.metadata.get("step")), tensors };
}
