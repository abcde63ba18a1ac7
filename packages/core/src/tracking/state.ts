import type { TargetState } from "./types.ts";

/** Thresholds of the rule, on the tracker's score in [0, 1]. */
export interface StateOptions {
  /** A score from here on is sure; default 0.5. */
  readonly sureFrom?: number;
  /** Below this a tracked target becomes uncertain; default 0.35. Between the two the state keeps. */
  readonly unsureBelow?: number;
  /** A score below this counts towards losing the target; default 0.2. */
  readonly lostBelow?: number;
  /** Frames in a row below `lostBelow` after which the target is lost; default 10. */
  readonly lostAfterFrames?: number;
  /** Sure frames in a row after which a lost target is tracked again; default 3. */
  readonly foundAfterFrames?: number;
}

/** What the rule remembers between frames. */
export interface StateMemory {
  readonly state: TargetState;
  /** Frames in a row whose score lay below `lostBelow`. */
  readonly lowFrames: number;
  /** Frames in a row whose score was sure. */
  readonly sureFrames: number;
}

/** The state of a target on its first frame. */
export const initialState: StateMemory = { state: "tracked", lowFrames: 0, sureFrames: 0 };

/**
 * Takes in the score of one more frame; a NaN counts as 0.
 *
 * The score estimates the overlap of the box with the target (it is trained against the IoU), hence the defaults: about
 * half is a box to rely on, a fifth is none. Hysteresis keeps the state from flickering: `tracked` is left below
 * `unsureBelow` and regained from `sureFrom`; `lost` takes a run of low frames to reach, and a run of sure ones to leave.
 * The state changes no box: the tracking loop of the method has no threshold (specification 4.3).
 */
export function updateState(memory: StateMemory, score: number, options: StateOptions = {}): StateMemory {
  const { sureFrom = 0.5, unsureBelow = 0.35, lostBelow = 0.2 } = options;
  const { lostAfterFrames = 10, foundAfterFrames = 3 } = options;
  const value = Number.isNaN(score) ? 0 : score;
  const lowFrames = value < lostBelow ? memory.lowFrames + 1 : 0;
  const sureFrames = value >= sureFrom ? memory.sureFrames + 1 : 0;
  return { state: nextState(), lowFrames, sureFrames };

  function nextState(): TargetState {
    if (lowFrames >= lostAfterFrames) return "lost";
    if (memory.state === "lost") return sureFrames >= foundAfterFrames ? "tracked" : "lost";
    if (sureFrames > 0) return "tracked";
    return value < unsureBelow ? "uncertain" : memory.state;
  }
}
