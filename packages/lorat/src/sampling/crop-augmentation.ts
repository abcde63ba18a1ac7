import { z } from "zod";

/** A schema of a value at the easy and at the full end of a curriculum. */
const rampOf = (value: z.ZodNumber) => z.tuple([value, value]).readonly();
export const ramp = rampOf(z.number().min(0));
export const chanceRamp = rampOf(z.number().min(0).max(1));

/** A value at the easy and at the full end of a curriculum. */
export type Ramp = readonly [easy: number, full: number];

/** The value of a ramp at a strength of 0 to 1. */
export function at([easy, full]: Ramp, strength: number): number {
  return easy + (full - easy) * strength;
}

/** Schema of augmentation in a run's settings. */
export const cropAugmentationSchema = z.strictObject({
  /** Deviation of the logarithm of each axis' scale in search crops. */
  scaleJitter: ramp,
  /** Largest shift of search crops in mean box sides. */
  translationJitter: ramp,
  /** Jitter of template crops; the reference has none. */
  templateScaleJitter: ramp,
  /**
   * Deviation of the logarithm of the proportions by which both crops of a pair are stretched alike, so that few pairs show
   * targets of every shape; default: none, as in the reference.
   */
  pairStretch: ramp.optional(),
  flip: chanceRamp,
  colorJitter: chanceRamp,
  /** Probability of one of the DeiT-III operations. */
  threeAugment: chanceRamp,
});

/** How crops are jittered and disguised (specification 3.4, 3.5); plain data, recorded with each run. */
export type CropAugmentation = Readonly<z.infer<typeof cropAugmentationSchema>>;

/** The reference's jitter and augmentation from the first step on (specification 3.4 and 3.5). */
export const paperAugmentation: CropAugmentation = {
  scaleJitter: [0.25, 0.25],
  translationJitter: [3, 3],
  templateScaleJitter: [0, 0],
  flip: [0.5, 0.5],
  colorJitter: [1, 1],
  threeAugment: [1, 1],
};
