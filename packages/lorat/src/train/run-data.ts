import { createHash } from "node:crypto";
import type { Share } from "@lorat/core/training";
import { type DatasetColumns, openDataset } from "../datasets/index.ts";
import { cropGeometry, type RunConfig } from "../runs/run-config.ts";
import { scanData } from "../sampling/data-manifest.ts";
import { createLoader, type Loader } from "../sampling/loader.ts";
import type { MixedPairs, TrainingData } from "../sampling/training-data.ts";

/** Training data, found and looked through once for all loaders that are made from it. */
export interface RunData {
  readonly data: TrainingData;
  /** Changes whenever what the pairs are drawn from changes. */
  readonly fingerprint: string;
  /** Oddities of the annotation. */
  readonly warnings: readonly string[];
  readonly opened?: readonly DatasetColumns[];
}

/** Opens a run's data. Throws what {@link openDataset} and {@link scanData} throw. */
export async function openRunData(data: TrainingData, signal?: AbortSignal): Promise<RunData> {
  if (data.kind === "mix") {
    return { data, fingerprint: hash(await scanData(data.roots)), warnings: [] };
  }
  const opened: DatasetColumns[] = [];
  for (const set of data.sets) opened.push(await openDataset(set, { signal }));
  return {
    data,
    fingerprint: hash(opened.map(({ fingerprint }) => fingerprint)),
    warnings: opened.flatMap(({ name, warnings }) => warnings.map((warning) => `${name}: ${warning}`)),
    opened,
  };
}

/** A run's own settings for a loader of its data. */
export function runLoader(
  config: RunConfig,
  { data, opened }: RunData,
  options: {
    readonly seed: number;
    readonly startStep?: number;
    readonly workers: number;
    readonly share?: Share | undefined;
  },
): Loader {
  const { model, batchSize } = config;
  return createLoader({
    geometry: cropGeometry(model),
    data: data.kind === "mix" ? inPasses(data, config.accumulation ?? 1) : data,
    batchSize,
    ...options,
    opened,
  });
}

/** The curriculum is counted in updates, the loader's batches in passes. */
function inPasses(data: MixedPairs, accumulation: number): MixedPairs {
  const { holdSteps, rampSteps } = data.mix.curriculum;
  const curriculum = { holdSteps: holdSteps * accumulation, rampSteps: rampSteps * accumulation };
  return { ...data, mix: { ...data.mix, curriculum } };
}

function hash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
