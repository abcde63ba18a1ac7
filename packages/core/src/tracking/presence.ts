import type { Corners } from "../geometry/box.ts";
import type { Frame } from "../geometry/frame.ts";

/** What speaks for a box. */
export interface Evidence {
  /** Chance, 0 to 1, that the box shows the target. */
  readonly presence: number;
  readonly score: number;
  /** Of its colours to those of the first frame's box. */
  readonly likeness: number;
  /** Score and likeness in units of what is usual for the target: what {@link PresenceWeights} weigh. */
  readonly relativeScore: number;
  readonly relativeLikeness: number;
}

/** A logistic regression on score and likeness, each in units of what is usual for the target. */
export interface PresenceWeights {
  readonly bias: number;
  readonly score: number;
  readonly likeness: number;
}

/** For models that have none of their own; fitted to an earlier default model (docs/log.md). */
export const defaultPresence: PresenceWeights = { bias: -19.7, score: 11.5, likeness: 11.4 };

/** How fast the usual values follow well-tracked frames. */
const RATE = 0.05;

/**
 * Whether a box shows the target, judged by what is usual for this target. A network that never saw a search region
 * without its target gives the best match there a high score too; but it is lower than this target's own scores are, and
 * its colours are less those of the first box. Both are taken relative to their running means over the frames that were
 * tracked well.
 */
export class PresenceModel {
  readonly #colours: ColourHistogram;
  readonly #weights: PresenceWeights;
  #usualScore = 0;
  #usualLikeness = 0;
  #learned = 0;

  /** `box` holds the target on `frame`, image pixels. */
  constructor(frame: Frame, box: Corners, weights: PresenceWeights = defaultPresence) {
    this.#colours = colourHistogram(frame, box);
    this.#weights = weights;
  }

  /** The evidence for a box; a score of NaN, or a box without finite corners, has none. */
  judge(frame: Frame, box: Corners, score: number): Evidence {
    const like = likeness(colourHistogram(frame, box), this.#colours);
    const relativeScore = this.#learned > 0 ? score / Math.max(this.#usualScore, 1e-3) : 1;
    const relativeLikeness = like / (this.#learned > 0 ? Math.max(this.#usualLikeness, 1e-3) : 1);
    const { bias, score: ofScore, likeness: ofLikeness } = this.#weights;
    const logit = bias + ofScore * relativeScore + ofLikeness * relativeLikeness;
    const presence = 1 / (1 + Math.exp(-logit));
    return {
      presence: Number.isNaN(presence) ? 0 : presence,
      score,
      likeness: like,
      relativeScore,
      relativeLikeness,
    };
  }

  /** Takes a well-tracked box into what is usual. The first ones count alike, later ones at a fixed rate. */
  learn({ score, likeness: like }: Evidence): void {
    this.#learned++;
    const rate = Math.max(RATE, 1 / this.#learned);
    this.#usualScore += rate * (score - this.#usualScore);
    this.#usualLikeness += rate * (like - this.#usualLikeness);
  }
}

/** Share of a box's pixels in each cell of the colour cube: `[8 * 8 * 8]`, red slowest. */
export type ColourHistogram = Float32Array;

/** Levels a channel. */
const LEVELS = 8;
const SHIFT = 5; // 256 / LEVELS = 2 ** SHIFT
/** Points looked at along each side of the box, whatever its size. */
const POINTS = 24;

/**
 * The colours of what a box shows, looked up at 24 x 24 points (nearest pixels); points outside the image do not count, and
 * without any the histogram is all zeros. `box` in image pixels.
 */
export function colourHistogram(frame: Frame, [x1, y1, x2, y2]: Corners): ColourHistogram {
  const { data, width, height, channels } = frame;
  const histogram = new Float32Array(LEVELS ** 3);
  let count = 0;
  for (let row = 0; row < POINTS; row++) {
    const y = Math.floor(y1 + ((row + 0.5) / POINTS) * (y2 - y1));
    if (!(y >= 0 && y < height)) continue;
    for (let column = 0; column < POINTS; column++) {
      const x = Math.floor(x1 + ((column + 0.5) / POINTS) * (x2 - x1));
      if (!(x >= 0 && x < width)) continue;
      const at = (y * width + x) * channels;
      const cell =
        ((data[at]! >> SHIFT) * LEVELS + (data[at + 1]! >> SHIFT)) * LEVELS + (data[at + 2]! >> SHIFT);
      histogram[cell]!++;
      count++;
    }
  }
  return count > 0 ? histogram.map((value) => value / count) : histogram;
}

/** Bhattacharyya coefficient of two histograms: 1 where they are the same, 0 where they share no colour. */
export function likeness(a: ColourHistogram, b: ColourHistogram): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.sqrt(a[i]! * b[i]!);
  return sum;
}
