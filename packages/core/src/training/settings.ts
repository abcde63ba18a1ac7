import { z } from "zod";
import { modelConfigSchema } from "../model/config.ts";
import type { Schedule } from "./schedule.ts";

const count = z.int().min(1);
const positive = z.number().positive();
const atLeast0 = z.number().min(0);

/** Schema of the optimiser in a run's settings. */
export const optimizerSchema = z.strictObject({
  learningRate: positive,
  warmupSteps: z.int().min(0),
  /** Rate at the start of the warm-up. */
  warmupLearningRate: atLeast0,
  /** Rate that the cosine approaches. */
  minLearningRate: atLeast0,
  /**
   * Length of the cosine in updates, after the warm-up. The paper's is as long as the run, so that the warm-up cuts its end
   * off (specification 3.6). Default: it ends with the last update.
   */
  cosineSteps: count.optional(),
  /**
   * Updates at the end in which the rate falls along the cosine; between warm-up and these it stays as it is, so that a run can
   * be prolonged. Default: the rate falls from the end of the warm-up on, as in the paper.
   */
  decaySteps: count.optional(),
  weightDecay: atLeast0,
  /** Maximum global L2 norm of an update's gradients. */
  maxGradNorm: positive,
  /** Layer-wise decay of the rate; full fine-tuning of a pre-trained backbone only. */
  layerDecay: z.number().positive().max(1).optional(),
  /** Second-moment decay; default: 0.999. */
  beta2: z.number().min(0).lt(1).optional(),
});

/** AdamW and its schedule (specification sections 3.6 and 3.7); rates are absolute. */
export type OptimizerSettings = Readonly<z.infer<typeof optimizerSchema>>;

/** Schema of a training, except its data in a run's settings. */
export const trainingSettingsSchema = z.strictObject({
  model: modelConfigSchema,
  /** Pairs of one forward and backward pass. */
  batchSize: count,
  /** Passes whose gradients make one update; default: 1. */
  accumulation: count.optional(),
  /** Number of updates. */
  steps: count,
  /** `mixed` falls back to `fp32` where the device has no half precision. Default: `fp32`. */
  precision: z.enum(["fp32", "mixed"]).optional(),
  optimizer: optimizerSchema,
  /** Decay of the exponential average of the weights; default: no average. */
  averageDecay: z.number().min(0).lt(1).optional(),
  /** Whether the classification target is the predicted box's IoU; default: true for the MLP head alone. */
  iouAware: z.boolean().optional(),
  seed: z.int().min(0),
});

/** Everything that decides a training, except its data. */
export type TrainingSettings = Readonly<z.infer<typeof trainingSettingsSchema>>;

/** Schema of a stem's training, except its data in a run's settings. */
export const stemSettingsSchema = z.strictObject({
  batchSize: count,
  /** Pixels a side of the crops. */
  sidePx: count,
  steps: count,
  /** Updates in which every stage learns alone, on the teacher's input to it. */
  stepsAlone: z.int().min(0),
  optimizer: optimizerSchema,
});

/** What decides a stem's training, except its data. */
export type StemSettings = Readonly<z.infer<typeof stemSettingsSchema>>;

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
