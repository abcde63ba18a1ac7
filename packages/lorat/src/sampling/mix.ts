import type { DomainName } from "../synth/domain.ts";
import { type CropAugmentation, paperAugmentation, type Ramp } from "./crop-augmentation.ts";

/** Names of the sources of training pairs. */
export const SOURCE_NAMES = ["photoRegions", "boxedPhotos", "clips", "composites"] as const;
export type SourceName = (typeof SOURCE_NAMES)[number];

/** What pairs are drawn and how hard they are; plain data, recorded with each run. */
export interface MixConfig extends CropAugmentation {
  /** Relative weight of each source; those without data are left out. */
  readonly weights: Readonly<Record<SourceName, Ramp>>;
  /** Strength is 0 for `holdSteps` steps and then rises linearly to 1 over `rampSteps`. */
  readonly curriculum: { readonly holdSteps: number; readonly rampSteps: number };
  /** Share of pairs whose target is not in the search frame at all. */
  readonly absent: Ramp;
  /** Largest gap between the frames of a clip, frames of its source. */
  readonly clipGap: Ramp;
  /** World that procedural pairs are from, all of it invented; anything and everything when left out. */
  readonly domain?: DomainName;
  /** Families of clips by the start of their name, and the largest share of clip pairs they may give. */
  readonly clipCaps: readonly { readonly prefix: string; readonly maxShare: number }[];
}

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
