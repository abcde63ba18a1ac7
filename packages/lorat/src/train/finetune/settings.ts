import { loraConfig, type Variant } from "@lorat/core/model";
import type { TrainingSettings } from "@lorat/core/training";
import { LoratError } from "@lorat/graph";
import type { CropAugmentation } from "../../sampling/crop-augmentation.ts";
import type { DatasetShare, TrainingData } from "../../sampling/training-data.ts";
import { nanoPreset } from "../presets/nano.ts";

/** What of a fine-tuning can be chosen; the rest is decided here. */
export interface FinetuneSettings {
  /** Rank of the adapter, which decides its size; default: 8. */
  readonly rank?: number;
  /** Maximum number of updates; default: 300. */
  readonly steps?: number;
  /** Pairs of an update; default: 16. */
  readonly batchSize?: number;
  /** Highest learning rate; default: 4e-5: higher ones fit the clips better and forget the rest of the world. */
  readonly learningRate?: number;
  readonly seed?: number;
  /**
   * Share of the pairs that come from the default model's mix, so that the model keeps what it knows while it learns the clips;
   * 0 to below 1, default 0.5.
   */
  readonly mixShare?: number;
  /** Folder of training material for the mix (`photos/`, `train/`); default: none, procedural scenes alone. */
  readonly mixData?: string;
}

/**
 * Training settings for a handful of clips: the paper's, with a small adapter whose B starts at zero, so that the first
 * check is the model itself, and an average of the weights, so that few pairs do not make it jump.
 */
export function finetuneSettings(variant: Variant, options: FinetuneSettings): TrainingSettings {
  const { rank = 8, steps = 300, batchSize = 16, learningRate = 4e-5, seed = 1 } = options;
  return {
    model: loraConfig(variant, { rank, start: "lora" }),
    batchSize,
    steps,
    optimizer: {
      learningRate,
      warmupSteps: Math.min(20, Math.ceil(steps / 10)),
      warmupLearningRate: 1e-7,
      minLearningRate: learningRate / 20,
      weightDecay: 0.1,
      maxGradNorm: 1,
    },
    averageDecay: 0.98,
    iouAware: true,
    seed,
  };
}

/** Jitter near to what tracking meets, and mild disguises: a few clips are to be learnt as they look. */
const mildAugmentation: CropAugmentation = {
  scaleJitter: [0.15, 0.15],
  translationJitter: [1.2, 1.2],
  templateScaleJitter: [0, 0],
  flip: [0.05, 0.05],
  colorJitter: [0.4, 0.4],
  threeAugment: [0.05, 0.05],
};

/** Pairs of the default model's mix at its full difficulty. */
export function mixPairs(folder: string | undefined): TrainingData {
  const { data } = nanoPreset({ base: "nano", data: folder });
  return data;
}

/** How many of a batch's pairs come from the mix. Throws `FINETUNE_MIX`. */
export function pairsOfMix(batchSize: number, share = 0.5): number {
  if (!(share >= 0 && share < 1)) {
    throw new LoratError("FINETUNE_MIX", `the share of the mix must be at least 0 and below 1, got ${share}`);
  }
  return Math.min(Math.round(batchSize * share), batchSize - 1);
}

/** Pairs from the clips alone. */
export function finetuneData(clips: DatasetShare): TrainingData {
  return {
    kind: "datasets",
    sets: [clips],
    samplesPerEpoch: 4096,
    maxGap: 100,
    mode: "interval",
    augmentation: mildAugmentation,
    maxUnreadableShare: 0.01,
  };
}
