import { type ModelConfig, searchSizePx, templateSizePx } from "@lorat/core/model";
import { type CropGeometry, trainingSettingsSchema } from "@lorat/core/training";
import { z } from "zod";
import { trainingDataSchema } from "../sampling/training-data.ts";

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

const count = z.int().min(1);
const text = z.string().min(1);

/** Schema of a run's configuration. Keys that it does not name are refused. */
export const runConfigSchema = z.strictObject({
  ...trainingSettingsSchema.shape,
  /** The preset it came from, for people. */
  name: text,
  /** How parameters start that `base` does not hold. */
  initialisation: z.enum(["reference", "scratch"]),
  /** Model folder that the network starts from: a trained tracker, or a DINOv2 backbone. */
  base: text.optional(),
  /** File with the weights of a convolutional stem (`lorat train stem`), for a variant that has one; default: the base's. */
  stem: text.optional(),
  /** `backbone` leaves a tracker's head and token types, so that all rows of an ablation start alike; default: `all`. */
  baseParts: z.enum(["all", "backbone"]).optional(),
  /** Updates in a row whose loss is not finite at which the run stops; default: 1. */
  maxNonFinite: count.optional(),
  data: trainingDataSchema,
  /** Losses on pairs that are not trained on; augmented like the training's, as the reference does. */
  validation: z.strictObject({ everySteps: count, samples: count, data: trainingDataSchema }).optional(),
  /** Tracks whole sequences now and then and scores them. */
  trackingTest: z
    .strictObject({
      everySteps: count,
      /** `KIND:PATH`. */
      dataset: text,
      /** Part of the dataset; default: its usual evaluation part. */
      split: text.optional(),
      /** The first so many; default: all. */
      sequences: count.optional(),
    })
    .optional(),
});

/** Everything that decides a training run; plain data, kept in the run's folder. */
export type RunConfig = Readonly<z.infer<typeof runConfigSchema>>;

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
