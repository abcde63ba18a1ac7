import type { Colour, Corners, Frame, Random } from "@lorat/core";

/** One frame of a pair, and where its target is. */
export interface View {
  readonly frame: Frame;
  /** Mean of the frame, 0..255. */
  readonly padding: Colour;
  /** The target's box in pixels of the frame; where it is absent, the place around which to look for it. */
  readonly box: Corners;
  readonly present: boolean;
}

/** A template and a search frame of one target, before cropping. */
export interface Pair {
  readonly template: View;
  readonly search: View;
}

/** What a source is told about the step it draws for. */
export interface DrawContext {
  readonly random: Random;
  /** Difficulty from 0 to 1, see the curriculum of the mix. */
  readonly strength: number;
}

/** Somewhere that pairs come from. */
export interface Source {
  readonly name: string;
  /** Pictures, clips or objects that it draws from; a source of size 0 is left out of the mix. */
  readonly size: number;
  /** One pair; undefined when this draw came to nothing and another should be made from the same stream. */
  draw(context: DrawContext): Promise<Pair | undefined>;
}
