import { type Corners, isValidBox } from "../geometry/box.ts";
import type { Frame } from "../geometry/frame.ts";

/** When the recent view of a target is renewed. */
export interface ReferenceRule {
  /** Frames after which the surest view among them becomes the reference. */
  readonly everyFrames: number;
  /** Views with a network's score of less are not taken; `[0, 1]`. */
  readonly scoreFrom: number;
}

/** The rule of a model with a reference that says nothing else; see docs/log.md. */
export const defaultReferenceRule: ReferenceRule = { everyFrames: 5, scoreFrom: 0.6 };

/** A frame and where the target was on it. */
export interface ReferenceView {
  readonly frame: Frame;
  readonly box: Corners;
}

/**
 * Chooses the recent view of a target that the network compares with beside the first frame's template: of every few frames the
 * one with the best score, if that is good enough. Source: LoRATv2's memory rule, and the online template of STARK (ICCV
 * 2021), section 3.2, with the score of the network in place of a score head.
 */
export class ReferenceChooser {
  readonly #rule: ReferenceRule;
  #frames = 0;
  #score = 0;
  #best: ReferenceView | undefined;

  constructor(rule: ReferenceRule) {
    this.#rule = rule;
  }

  /**
   * Takes in a frame on which the target was tracked at `box` with `score`; copies the pixels of a frame that may become the
   * reference. Gives the new reference when it is time for one.
   */
  take(frame: Frame, box: Corners, score: number): ReferenceView | undefined {
    this.#frames++;
    if (score >= this.#rule.scoreFrom && score > this.#score && isValidBox(box)) {
      this.#score = score;
      this.#best = { frame, box };
    }
    if (this.#frames % this.#rule.everyFrames !== 0) {
      if (this.#best?.frame === frame) this.#best = { box, frame: { ...frame, data: frame.data.slice() } };
      return undefined;
    }
    const best = this.#best;
    this.#best = undefined;
    this.#score = 0;
    return best;
  }
}

/**
 * Template and reference side by side, as the search half takes them. Both: `[parts, heads, N, headDim]`, `rows` = parts * heads;
 * the result `[parts, heads, 2 * N, headDim]`.
 */
export function sideBySide(template: Float32Array, reference: Float32Array, rows: number): Float32Array {
  const length = template.length / rows;
  const both = new Float32Array(2 * template.length);
  for (let row = 0; row < rows; row++) {
    const own = row * length;
    both.set(template.subarray(own, own + length), 2 * own);
    both.set(reference.subarray(own, own + length), 2 * own + length);
  }
  return both;
}
