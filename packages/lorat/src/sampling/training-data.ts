import type { DatasetRequest } from "../datasets/spec.ts";
import type { CandidateMode } from "./candidates.ts";
import type { CropAugmentation } from "./crop-augmentation.ts";
import type { DataRoots } from "./data-manifest.ts";
import type { MixConfig } from "./mix.ts";

/** Pairs mixed out of photographs, boxed photographs, clips and procedural scenes; endless. */
export interface MixedPairs {
  readonly kind: "mix";
  readonly roots: DataRoots;
  readonly mix: MixConfig;
}

/** A dataset and its share of an epoch. */
export interface DatasetShare extends DatasetRequest {
  /** Positions of the sequences to use, of those that are left; all when left out. */
  readonly only?: readonly number[];
  /** Share of each sequence's frames to use, from the first on; default 1. */
  readonly frameShare?: number;
  /** Relative to the other datasets; default 1. */
  readonly weight?: number;
}

/** Pairs from annotated datasets, in epochs of a fixed number of samples (specification 3.3). */
export interface DatasetPairs {
  readonly kind: "datasets";
  readonly sets: readonly DatasetShare[];
  readonly samplesPerEpoch: number;
  /** Largest distance between template and search frame; the paper's is 100. */
  readonly maxGap: number;
  /** Side of the template on which search frames lie; the paper's is `interval`, both. */
  readonly mode: CandidateMode;
  readonly augmentation: CropAugmentation;
  /** Share of pairs whose search frame is another sequence's, so that the target is absent; default 0, as in the paper. */
  readonly negativeShare?: number;
  /** Share of unreadable pictures, of those asked for, past which the run stops. */
  readonly maxUnreadableShare: number;
}

/** Where a run's pairs come from; plain data, recorded with the run. */
export type TrainingData = MixedPairs | DatasetPairs;
