/** How a point head's maps become one box; the numbers of a tracker's own configuration. */
export interface PointHeadOptions {
  /** Cells a side of the head's maps. */
  readonly grid: number;
  /** Pixels of the search crop between two cells. */
  readonly stride: number;
  readonly windowInfluence: number;
  /** How much a change of size or shape costs. */
  readonly penalty: number;
  /** How fast the size follows, times the score. */
  readonly learningRate: number;
}

/** What the best cell says, in search-crop pixels around the crop's centre. */
interface PointPrediction {
  readonly dx: number;
  readonly dy: number;
  readonly width: number;
  readonly height: number;
  /** Probability of the target, 0 to 1. */
  readonly score: number;
  /** Share of the predicted size in the new size. */
  readonly rate: number;
}

/**
 * Reads the two maps of an anchor-free Siamese head: classes `[1, 2, grid, grid]` (background, target; logits) and
 * distances `[1, 4, grid, grid]` (left, top, right, bottom of each cell's point, search-crop pixels). `width` and `height`
 * are the target's last size in search-crop pixels. Source: Chen et al., "Siamese Box Adaptive Network for visual tracking",
 * section 3.5: scale and ratio penalty, cosine window, size by linear interpolation.
 */
export class PointHead {
  readonly #options: PointHeadOptions;
  readonly #window: Float64Array;

  constructor(options: PointHeadOptions) {
    const { grid } = options;
    this.#options = options;
    const hann = Array.from({ length: grid }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (grid - 1)));
    this.#window = Float64Array.from({ length: grid * grid }, (_, i) => {
      return hann[Math.floor(i / grid)]! * hann[i % grid]!;
    });
  }

  predict(classes: Float32Array, distances: Float32Array, width: number, height: number): PointPrediction {
    const { grid, stride, windowInfluence, penalty: strength, learningRate } = this.#options;
    const cells = grid * grid;
    const lastSize = contextSize(width, height);
    let best: PointPrediction | undefined;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < cells; i++) {
      const score = 1 / (1 + Math.exp(classes[i]! - classes[cells + i]!));
      const x = ((i % grid) - Math.floor(grid / 2)) * stride;
      const y = (Math.floor(i / grid) - Math.floor(grid / 2)) * stride;
      const x1 = x - distances[i]!;
      const y1 = y - distances[cells + i]!;
      const x2 = x + distances[2 * cells + i]!;
      const y2 = y + distances[3 * cells + i]!;
      const size = change(contextSize(x2 - x1, y2 - y1) / lastSize);
      const ratio = change(width / height / ((x2 - x1) / (y2 - y1)));
      const penalty = Math.exp(-(ratio * size - 1) * strength);
      const value = penalty * score * (1 - windowInfluence) + this.#window[i]! * windowInfluence;
      if (value > bestValue || best === undefined) {
        bestValue = value;
        best = {
          dx: (x1 + x2) / 2,
          dy: (y1 + y2) / 2,
          width: x2 - x1,
          height: y2 - y1,
          score,
          rate: penalty * score * learningRate,
        };
      }
    }
    return best!;
  }
}

/** Side of the square whose area is that of the box with half its mean side as context all around. */
export function contextSize(width: number, height: number, context = 0.5): number {
  const around = context * (width + height);
  return Math.sqrt((width + around) * (height + around));
}

function change(ratio: number): number {
  return Math.max(ratio, 1 / ratio);
}
