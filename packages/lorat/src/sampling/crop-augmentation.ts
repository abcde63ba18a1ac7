/** A value at the easy and at the full end of a curriculum. */
export type Ramp = readonly [easy: number, full: number];

/** The value of a ramp at a strength of 0 to 1. */
export function at([easy, full]: Ramp, strength: number): number {
  return easy + (full - easy) * strength;
}

/** How crops are jittered and disguised (specification 3.4, 3.5); plain data, recorded with each run. */
export interface CropAugmentation {
  /** Deviation of the logarithm of each axis' scale in search crops. */
  readonly scaleJitter: Ramp;
  /** Largest shift of search crops in mean box sides. */
  readonly translationJitter: Ramp;
  /** Jitter of template crops; the reference has none. */
  readonly templateScaleJitter: Ramp;
  /**
   * Deviation of the logarithm of the proportions by which both crops of a pair are stretched alike, so that few pairs show
   * targets of every shape; none, as in the reference, when left out.
   */
  readonly pairStretch?: Ramp;
  readonly flip: Ramp;
  readonly colorJitter: Ramp;
  /** Probability of one of the DeiT-III operations. */
  readonly threeAugment: Ramp;
}

/** The reference's jitter and augmentation from the first step on (specification 3.4 and 3.5). */
export const paperAugmentation: CropAugmentation = {
  scaleJitter: [0.25, 0.25],
  translationJitter: [3, 3],
  templateScaleJitter: [0, 0],
  flip: [0.5, 0.5],
  colorJitter: [1, 1],
  threeAugment: [1, 1],
};
