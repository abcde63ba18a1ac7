import { join } from "node:path";
import { optimizerNames } from "@lorat/core";
import { LoratError, type Tensor } from "@lorat/graph";
import { saveModel } from "../models/save-model.ts";
import { listCheckpoints, readCheckpoint } from "./checkpoint.ts";
import type { RunConfig } from "./run-config.ts";
import { runFiles } from "./train.ts";

/**
 * Writes the last checkpoint of a run as a model folder: the averaged weights where the run keeps an average. For networks
 * without adapters; those with LoRA go through `lorat convert`. Throws `RUN_NO_CHECKPOINT`.
 */
export async function exportRun(run: string, config: RunConfig, folder: string): Promise<{ step: number }> {
  const checkpoints = join(run, runFiles.checkpoints);
  const last = (await listCheckpoints(checkpoints)).at(-1);
  if (!last) throw new LoratError("RUN_NO_CHECKPOINT", `${run} holds no checkpoint yet`);
  const { step, tensors } = await readCheckpoint(join(checkpoints, last.file));
  const weights = new Map<string, Tensor<"float32">>();
  for (const [name, tensor] of tensors) {
    if (/^(exp_avg|exp_avg_sq|ema)\//.test(name)) continue;
    weights.set(name, tensors.get(optimizerNames.average(name)) ?? tensor);
  }
  await saveModel(folder, config.model.variant, weights, [
    `trained for ${step} steps of ${config.batchSize} pairs`,
  ]);
  return { step };
}
