import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { batchFeeds, type TrainingBatch } from "@lorat/core/training";
import { writeOutput } from "../files/pending-file.ts";
import { tensorsToWrite, writeTensorFile } from "../files/tensor-file.ts";
import type { RunConfig } from "../runs/run-config.ts";
import { runFiles } from "../runs/run-config.ts";

/**
 * Saves the batches of an update whose loss or gradients were not finite, as the training step was fed them:
 * `nonfinite/step-N.safetensors` in the run's folder, with `-pass-P` where an update has several and `-rank-R` where ranks
 * share the batch. Gives the paths.
 */
export async function saveBatches(
  run: string,
  config: RunConfig,
  step: number,
  passes: readonly { readonly batch: TrainingBatch; readonly loss: number }[],
  rank?: number | undefined,
): Promise<string[]> {
  const folder = join(run, runFiles.nonFinite);
  await mkdir(folder, { recursive: true });
  // Finite losses, but gradients that are not: any of the passes may be the cause.
  const broken = passes.filter(({ loss }) => !Number.isFinite(loss));
  const paths: string[] = [];
  for (const pass of broken.length > 0 ? broken : passes) {
    const ofRank = rank === undefined ? "" : `-rank-${rank}`;
    const suffix = `${passes.length > 1 ? `-pass-${passes.indexOf(pass) + 1}` : ""}${ofRank}`;
    const path = join(folder, `step-${step}${suffix}.safetensors`);
    const tensors = tensorsToWrite(Object.entries(batchFeeds(pass.batch, config)));
    const metadata = { step: String(step), loss: String(pass.loss) };
    await writeOutput(path, { force: true }, (partial) => writeTensorFile(partial, tensors, metadata));
    paths.push(path);
  }
  return paths;
}
