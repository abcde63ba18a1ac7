import {
  type CropGeometry,
  type InitialisationStyle,
  type ModelConfig,
  searchSizePx,
  type TrainingSettings,
  templateSizePx,
} from "@lorat/core";
import type { TrainingData } from "../sampling/training-data.ts";

/** Names of what a run's folder holds. */
export const runFiles = {
  /** The resolved configuration. */
  config: "config.json",
  /** Fingerprints of what the run reads. */
  sources: "sources.json",
  metrics: "metrics.jsonl",
  checkpoints: "checkpoints",
  /** Batches whose loss was not finite. */
  nonFinite: "nonfinite",
} as const;

/** Everything that decides a training run; plain data, kept in the run's folder. */
export interface RunConfig extends TrainingSettings {
  /** The preset it came from, for people. */
  readonly name: string;
  /** How parameters start that `base` does not hold. */
  readonly initialisation: InitialisationStyle;
  /** Model folder that the network starts from: a trained tracker, or a DINOv2 backbone. */
  readonly base?: string;
  /** File with the weights of a convolutional stem (`lorat train stem`), for a variant that has one; default: the base's. */
  readonly stem?: string | undefined;
  /** `backbone` leaves a tracker's head and token types, so that all rows of an ablation start alike; default `all`. */
  readonly baseParts?: "all" | "backbone";
  /** Updates in a row whose loss is not finite at which the run stops; default 1. */
  readonly maxNonFinite?: number;
  readonly data: TrainingData;
  /** Losses on pairs that are not trained on; augmented like the training's, as the reference does. */
  readonly validation?: {
    readonly everySteps: number;
    readonly samples: number;
    readonly data: TrainingData;
  };
  /** Tracks whole sequences now and then and scores them. */
  readonly trackingTest?: {
    readonly everySteps: number;
    /** `KIND:PATH`. */
    readonly dataset: string;
    /** Part of the dataset; its usual evaluation part when left out. */
    readonly split?: string;
    /** The first so many; all when left out. */
    readonly sequences?: number;
  };
}

/** The crops that a model takes. */
export function cropGeometry({ variant }: ModelConfig): CropGeometry {
  const { patchSize, templateGrid, searchGrid, templateAreaFactor, searchAreaFactor, references } = variant;
  return {
    patchSize,
    templateSizePx: templateSizePx(variant),
    templateGrid,
    searchSizePx: searchSizePx(variant),
    searchGrid,
    templateAreaFactor,
    searchAreaFactor,
    ...(references !== undefined && { references }),
  };
}
