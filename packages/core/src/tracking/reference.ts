/** When the recent view of a target is renewed. */
export interface ReferenceRule {
  /** Frames after which the surest view among them becomes the reference. */
  readonly everyFrames: number;
  /** Views with a network's score of less are not taken; `[0, 1]`. */
  readonly scoreFrom: number;
}

/** The rule of a model with a reference that says nothing else; see docs/log.md. */
export const defaultReferenceRule: ReferenceRule = { everyFrames: 20, scoreFrom: 0.5 };

/**
 * Chooses the recent view of a target that the network compares with beside the first frame's template: of every few frames the
 * one with the best score, if that is good enough. Source: LoRATv2's memory rule, and the online template of STARK (ICCV
 * 2021), section 3.2, with the score of the network in place of a score head. `View` is whatever is made of a frame.
 */
export class ReferenceChooser<View> {
  readonly #rule: ReferenceRule;
  #frames = 0;
  #score = 0;
  #best: View | undefined;

  constructor(rule: ReferenceRule) {
    this.#rule = rule;
  }

  /**
   * Takes in a frame on which the target was tracked with `score`; `view` is called at once where this is the best one so far.
   * Gives the new reference when it is time for one, and nothing when no frame was good enough.
   */
  take(score: number, view: () => View): View | undefined {
    this.#frames++;
    if (score >= this.#rule.scoreFrom && score > this.#score) {
      this.#score = score;
      this.#best = view();
    }
    if (this.#frames % this.#rule.everyFrames !== 0) return undefined;
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
