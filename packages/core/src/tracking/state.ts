import type { TargetState } from "./types.ts";

/** Thresholds of the rule, on the chance in [0, 1] that the box shows the target. */
export interface StateOptions {
  /** From here on the tracker is sure; default: 0.5. */
  readonly sureFrom?: number;
  /** Below this a tracked target becomes uncertain; default: 0.35. Between the two the state keeps. */
  readonly unsureBelow?: number;
  /** A chance below this counts towards losing the target; default: 0.2. */
  readonly lostBelow?: number;
  /** Frames in a row below `lostBelow` after which the target is lost; default: 3. */
  readonly lostAfterFrames?: number;
  /** Sure frames in a row after which a lost target is tracked again; default: 2. */
  readonly foundAfterFrames?: number;
}

/** What the rule remembers between frames. */
export interface StateMemory {
  readonly state: TargetState;
  /** Frames in a row whose chance lay below `lostBelow`. */
  readonly lowFrames: number;
  /** Frames in a row that were sure. */
  readonly sureFrames: number;
}

/** The state of a target on its first frame. */
export const initialState: StateMemory = { state: "tracked", lowFrames: 0, sureFrames: 0 };

const DEFAULTS: Required<StateOptions> = {
  sureFrom: 0.5,
  unsureBelow: 0.35,
  lostBelow: 0.2,
  lostAfterFrames: 3,
  foundAfterFrames: 2,
};

/** Whether a chance is one that the rule calls sure. */
export function isSure(presence: number, { sureFrom = DEFAULTS.sureFrom }: StateOptions = {}): boolean {
  return presence >= sureFrom;
}

/**
 * Takes in the chance of one more frame; a NaN counts as 0.
 *
 * Hysteresis keeps the state from flickering: `tracked` is left below `unsureBelow` and regained from `sureFrom`; `lost`
 * takes a run of low frames to reach, and a run of sure ones to leave. The state changes no box of the method's own loop,
 * which has no threshold (specification 4.3).
 */
export function updateState(memory: StateMemory, presence: number, options: StateOptions = {}): StateMemory {
  const { sureFrom, unsureBelow, lostBelow, lostAfterFrames, foundAfterFrames } = { ...DEFAULTS, ...options };
  const value = Number.isNaN(presence) ? 0 : presence;
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
