import type { CropGeometry, InitialisationStyle, ModelConfig } from "@lorat/core";
import { searchSizePx, templateSizePx } from "@lorat/core";
import type { DataRoots } from "../sampling/data-manifest.ts";
import type { MixConfig } from "../sampling/mix.ts";

/** Everything that decides a training run; plain data, kept in the run's folder. */
export interface RunConfig {
  /** The preset it came from, for people. */
  readonly name: string;
  readonly model: ModelConfig;
  readonly initialisation: InitialisationStyle;
  readonly batchSize: number;
  /** Optimiser steps in all. */
  readonly steps: number;
  readonly optimizer: {
    readonly learningRate: number;
    readonly warmupSteps: number;
    /** Rate at the start of the warm-up, absolute. */
    readonly warmupLearningRate: number;
    /** Rate that the cosine approaches, absolute. */
    readonly minLearningRate: number;
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
  readonly seed: number;
  readonly data: DataRoots;
  readonly mix: MixConfig;
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
