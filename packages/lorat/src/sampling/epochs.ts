import { createRandom } from "@lorat/core/training";
import { LoratError } from "@lorat/graph";
import { epochOrder } from "./candidates.ts";

/** Where a sample lies in a run of epochs. */
interface EpochPlace {
  readonly epoch: number;
  /** Position in the epoch's order. */
  readonly job: number;
}

/** Steps of one epoch; what is left over of its samples is dropped (specification 3.3). Throws `LOADER_OPTION` for none. */
export function stepsPerEpoch(samplesPerEpoch: number, batchSize: number): number {
  const steps = Math.floor(samplesPerEpoch / batchSize);
  if (steps >= 1) return steps;
  throw new LoratError(
    "LOADER_OPTION",
    `an epoch of ${samplesPerEpoch} samples holds no whole batch of ${batchSize}`,
    { hint: "Raise samplesPerEpoch or lower the batch size." },
  );
}

/** Sample `index` of step `step`: epochs follow one another, each with whole batches only. */
export function epochPlace(step: number, index: number, batchSize: number, steps: number): EpochPlace {
  return { epoch: Math.floor(step / steps), job: (step % steps) * batchSize + index };
}

/** Which sequence of which dataset each job of an epoch takes. */
export interface EpochJobs {
  /** `[samples]`, positions in the list of datasets. */
  readonly dataset: Uint16Array;
  /** `[samples]`, positions in the dataset. */
  readonly sequence: Uint32Array;
}

/** The jobs of an epoch: they depend on `(seed, epoch)` and the sizes and weights of the datasets (specification 3.3). */
export function epochJobs(
  lengths: readonly number[],
  weights: readonly number[],
  { samples, seed, epoch }: { readonly samples: number; readonly seed: number; readonly epoch: number },
): EpochJobs {
  const order = epochOrder(lengths, weights, samples, createRandom(seed, epoch));
  return {
    dataset: Uint16Array.from(order, (job) => job.dataset),
    sequence: Uint32Array.from(order, (job) => job.sequence),
  };
}
