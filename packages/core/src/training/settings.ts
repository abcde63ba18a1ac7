import type { ModelConfig } from "../model/config.ts";
import type { Schedule } from "./schedule.ts";

/** AdamW and its schedule (specification sections 3.6 and 3.7); rates are absolute. */
export interface OptimizerSettings {
  readonly learningRate: number;
  readonly warmupSteps: number;
  /** Rate at the start of the warm-up. */
  readonly warmupLearningRate: number;
  /** Rate that the cosine approaches. */
  readonly minLearningRate: number;
  /**
   * Length of the cosine in updates, after the warm-up. The paper's is as long as the run, so that the warm-up cuts its end
   * off (specification 3.6). Default: it ends with the last update.
   */
  readonly cosineSteps?: number;
  /**
   * Updates at the end in which the rate falls along the cosine; between warm-up and these it stays as it is, so that a run can
   * be prolonged. Default: the rate falls from the end of the warm-up on, as in the paper.
   */
  readonly decaySteps?: number | undefined;
  readonly weightDecay: number;
  /** Maximum global L2 norm of an update's gradients. */
  readonly maxGradNorm: number;
  /** Layer-wise decay of the rate; full fine-tuning of a pre-trained backbone only. */
  readonly layerDecay?: number;
  /** Second-moment decay; default: 0.999. */
  readonly beta2?: number;
}

/** Everything that decides a training, except its data. */
export interface TrainingSettings {
  readonly model: ModelConfig;
  /** Pairs of one forward and backward pass. */
  readonly batchSize: number;
  /** Passes whose gradients make one update; default: 1. */
  readonly accumulation?: number;
  /** Number of updates. */
  readonly steps: number;
  /** `mixed` falls back to `fp32` where the device has no half precision. Default `fp32`. */
  readonly precision?: "fp32" | "mixed";
  readonly optimizer: OptimizerSettings;
  /** Decay of the exponential average of the weights; default: no average. */
  readonly averageDecay?: number;
  /** Whether the classification target is the predicted box's IoU; default: true for the MLP head alone. */
  readonly iouAware?: boolean;
  readonly seed: number;
}

/** The schedule of a training. */
export function trainingSchedule({
  optimizer,
  steps,
}: Pick<TrainingSettings, "optimizer" | "steps">): Schedule {
  const afterWarmup = Math.max(steps - optimizer.warmupSteps, 1);
  const { decaySteps = afterWarmup } = optimizer;
  return {
    cosineUpdates: optimizer.cosineSteps ?? Math.min(decaySteps, afterWarmup),
    holdUpdates: decaySteps < afterWarmup ? afterWarmup - decaySteps : undefined,
    warmupUpdates: optimizer.warmupSteps,
    warmupLr: optimizer.warmupLearningRate,
    minLr: optimizer.minLearningRate,
    warmupPrefix: true,
  };
}
