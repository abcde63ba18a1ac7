/**
 * How a tracker's loop departs from the reference's (specification 4.3), chosen for a model and kept with it. Without any,
 * the loop is the reference's.
 */
export interface LoopSettings {
  /** Lets the boxes of all cells that agree with the chosen one vote (see `votedBox`); default false. */
  readonly boxVoting?: boolean;
  /** Share of each frame's change of size that is taken over, in (0, 1] (see `dampedSize`); default 1. */
  readonly sizeGain?: number;
}

/** The loop of the reference implementation. */
export const referenceLoop: LoopSettings = {};
