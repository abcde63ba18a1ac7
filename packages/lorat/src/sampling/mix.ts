import { z } from "zod";
import { DOMAINS } from "../synth/domain.ts";
import { chanceRamp, cropAugmentationSchema, paperAugmentation, ramp } from "./crop-augmentation.ts";

/** Schema of a mix in a run's settings. */
export const mixSchema = z.strictObject({
  ...cropAugmentationSchema.shape,
  /** Relative weight of each source; those without data are left out. */
  weights: z.strictObject({ photoRegions: ramp, boxedPhotos: ramp, clips: ramp, composites: ramp }),
  /** Strength is 0 for `holdSteps` steps and then rises linearly to 1 over `rampSteps`. */
  curriculum: z.strictObject({ holdSteps: z.number().min(0), rampSteps: z.number().min(0) }),
  /** Share of pairs whose target is not in the search frame at all. */
  absent: chanceRamp,
  /** Largest gap between the frames of a clip, frames of its source. */
  clipGap: ramp,
  /** World that procedural pairs are from, all of it invented; default: anything and everything. */
  domain: z.enum(DOMAINS).optional(),
  /** Families of clips by the start of their name, and the largest share of clip pairs they may give. */
  clipCaps: z.array(z.strictObject({ prefix: z.string(), maxShare: z.number().min(0).max(1) })).readonly(),
});

/** What pairs are drawn and how hard they are; plain data, recorded with each run. */
export type MixConfig = Readonly<z.infer<typeof mixSchema>>;

/** A source of training pairs. */
export type SourceName = keyof MixConfig["weights"];
export const SOURCE_NAMES = Object.keys(mixSchema.shape.weights.shape) as readonly SourceName[];

/** The mix for learning from scratch: matching still regions first, motion and disguise later. */
export const fromScratchMix: MixConfig = {
  weights: { photoRegions: [3, 2], boxedPhotos: [2, 2], clips: [0, 3], composites: [0, 3] },
  curriculum: { holdSteps: 400, rampSteps: 3000 },
  scaleJitter: [0.1, 0.25],
  translationJitter: [1.5, 2.2],
  templateScaleJitter: [0, 0.05],
  flip: [0, 0.5],
  colorJitter: [0, 0.7],
  threeAugment: [0, 0.35],
  absent: [0, 0],
  clipGap: [5, 100],
  clipCaps: [{ prefix: "dronedet_", maxShare: 0.1 }],
};

/** The mix with the reference's augmentation from the first step on. */
export const referenceMix: MixConfig = {
  ...fromScratchMix,
  ...paperAugmentation,
  curriculum: { holdSteps: 0, rampSteps: 0 },
};

/** Difficulty of a step, 0 to 1. */
export function strengthAt(step: number, { holdSteps, rampSteps }: MixConfig["curriculum"]): number {
  if (step < holdSteps) return 0;
  return rampSteps > 0 ? Math.min((step - holdSteps) / rampSteps, 1) : 1;
}
