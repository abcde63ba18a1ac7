import type { Corners, Frame } from "@lorat/core";
import type { Colour } from "@lorat/core/geometry";
import type { Random } from "@lorat/core/training";

/** One frame of a pair, and where its target is. */
export interface View {
  readonly frame: Frame;
  /** Mean of the frame, 0..255, or a function that knows it: most crops of a large frame need none. */
  readonly padding: Colour | (() => Colour);
  /** The target's box in pixels of the frame; where it is absent, the place around which to look for it. */
  readonly box: Corners;
  readonly present: boolean;
}

/** A template and a search frame of one target, before cropping. */
export interface Pair {
  readonly template: View;
  readonly search: View;
  /** A recent view of the target, as a tracker has it when it looks at the search frame; default: the template. */
  readonly reference?: View | undefined;
}

/** What a source is told about the step it draws for. */
export interface DrawContext {
  readonly random: Random;
  /** Difficulty from 0 to 1, see the curriculum of the mix. */
  readonly strength: number;
  /** Whether a recent view of the target is wanted too; default: false. */
  readonly reference?: boolean;
}

/** Somewhere that pairs come from. */
export interface Source {
  readonly name: string;
  /** Pictures, clips or objects that it draws from; a source of size 0 is left out of the mix. */
  readonly size: number;
  /** One pair; undefined when this draw came to nothing and another should be made from the same stream. */
  draw(context: DrawContext): Promise<Pair | undefined>;
}

/** A pair and the name of what it was drawn from. */
export interface DrawnPair {
  readonly pair: Pair;
  readonly source: string;
}

/** How reading a sample's pictures went so far. */
export interface Readings {
  readonly requested: number;
  /** Paths of those that could not be read, each as often as it was asked for. */
  readonly unreadable: readonly string[];
}

/** One sample's own draws; they depend on nothing but the seed, the data and the sample's place in the run. */
interface SampleDraws {
  /** Also decides about crops and augmentation, after each pair. */
  readonly random: Random;
  readonly strength: number;
  readonly readings: Readings;
  /** The sample's pair; another one whenever it is asked again. Throws `DATA_NO_PAIR` when nothing comes out. */
  next(): Promise<DrawnPair>;
}

/** What a loader draws from: a mix or datasets. */
export interface PairSupply {
  sample(step: number, index: number): SampleDraws;
  /** Files decoded so far. */
  decoded(): number;
}

/** Draws after which a sample is given up. */
export const MAX_REDRAWS = 64;
