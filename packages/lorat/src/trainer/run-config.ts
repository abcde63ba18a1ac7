import type { CropGeometry, InitialisationStyle, ModelConfig } from "@lorat/core";
import { searchSizePx, templateSizePx } from "@lorat/core";
import type { TrainingData } from "../sampling/training-data.ts";

/** Everything that decides a training run; plain data, kept in the run's folder. */
export interface RunConfig {
  /** The preset it came from, for people. */
  readonly name: string;
  readonly model: ModelConfig;
  /** How parameters start that `base` does not hold. */
  readonly initialisation: InitialisationStyle;
  /** Model folder that the network starts from: a trained tracker, or a DINOv2 backbone. */
  readonly base?: string;
  /** `backbone` leaves a tracker's head and token types, so that all rows of an ablation start alike; default `all`. */
  readonly baseParts?: "all" | "backbone";
  /** Pairs of one forward and backward pass. */
  readonly batchSize: number;
  /** Passes whose gradients make one update; default 1. */
  readonly accumulation?: number;
  /** Optimiser steps in all. */
  readonly steps: number;
  /** `mixed`: half precision on devices that have it, with single-precision master weights. Default `fp32`. */
  readonly precision?: "fp32" | "mixed";
  readonly optimizer: {
    readonly learningRate: number;
    readonly warmupSteps: number;
    /** Rate at the start of the warm-up, absolute. */
    readonly warmupLearningRate: number;
    /** Rate that the cosine approaches, absolute. */
    readonly minLearningRate: number;
    /**
     * Length of the cosine in steps, after the warm-up. The paper's is as long as the run, so that the warm-up cuts its end
     * off (specification 3.6); when left out it ends with the last step.
     */
    readonly cosineSteps?: number;
    readonly weightDecay: number;
    readonly maxGradNorm: number;
    /** Layer-wise decay of the rate; full fine-tuning of a pre-trained backbone only. */
    readonly layerDecay?: number;
    /** Second-moment decay; 0.999 as in the paper when left out. */
    readonly beta2?: number;
  };
  /** Decay of the exponential average of the weights; none is kept when left out. */
  readonly averageDecay?: number;
  readonly iouAware?: boolean;
  /** Updates in a row whose loss is not finite at which the run stops; default 1. */
  readonly maxNonFinite?: number;
  readonly seed: number;
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
  const { patchSize, templateGrid, searchGrid, templateAreaFactor, searchAreaFactor } = variant;
  return {
    patchSize,
    templateSizePx: templateSizePx(variant),
    templateGrid,
    searchSizePx: searchSizePx(variant),
    searchGrid,
    templateAreaFactor,
    searchAreaFactor,
  };
}
