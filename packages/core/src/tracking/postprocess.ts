import { type Corners, clipToImage, intersects, isValidBox } from "../geometry/box.ts";
import { type CropParameters, toImage } from "../geometry/crop-parameters.ts";
import type { Size } from "../geometry/frame.ts";
import type { CropGrid } from "../geometry/grid.ts";
import { hannWindow } from "../geometry/grid.ts";
import { votedBox } from "./loop.ts";

/** The maps of a batch of targets. */
export interface Maps {
  /** `[batch, grid, grid]`, logits. */
  readonly scoreMap: Float32Array;
  /** `[batch, grid, grid, 4]`, `[x1, y1, x2, y2]` fractions of the search crop. */
  readonly boxes: Float32Array;
}

/** What the network's maps say about one frame. */
export interface Prediction {
  /** The chosen box in image pixels, every corner clipped to the image; may be empty, inverted or NaN. */
  readonly box: Corners;
  /** Sigmoid of the chosen cell's logit, without the window penalty. */
  readonly score: number;
  /** The chosen cell, row-major in the search grid. */
  readonly cell: number;
}

/** How the maps are read. */
export interface PostprocessOptions {
  /** Share of the Hann window in the ranking, 0 to 1; default: 0.45, and 0 takes the best score as it is. */
  readonly windowWeight?: number;
  /** Gives the mean of the boxes that agree with the chosen cell's instead of that one (see `votedBox`); default: false. */
  readonly boxVoting?: boolean;
}

/**
 * Turns score and box maps into a box in the image. Made once for a model, used for every frame and target.
 * Source: specification 4.3.
 */
export class Postprocessor {
  readonly #grid: CropGrid;
  readonly #windowWeight: number;
  readonly #penalty: Float32Array;
  readonly #boxVoting: boolean;

  /** `grid` is the search crop's. */
  constructor(grid: CropGrid, { windowWeight = 0.45, boxVoting = false }: PostprocessOptions = {}) {
    this.#grid = grid;
    this.#windowWeight = windowWeight;
    this.#boxVoting = boxVoting;
    this.#penalty = hannWindow(grid.cells).map((v) => v * windowWeight);
  }

  /**
   * The prediction of sample `index` of a batch, in an image of the size `image`; `parameters` are the adjusted ones of this
   * sample's search crop.
   */
  predict({ scoreMap, boxes }: Maps, parameters: CropParameters, image: Size, index = 0): Prediction {
    const { sizePx } = this.#grid;
    const cells = this.#grid.cells ** 2;
    const first = index * cells;
    const cell = this.#bestCell(scoreMap, first);
    const scoreOf = (other: number) => sigmoid(scoreMap[first + other]!);
    const [x1, y1, x2, y2] = this.#boxVoting
      ? votedBox(boxes.subarray(first * 4, (first + cells) * 4), cell, scoreOf)
      : boxAt(boxes, first + cell);
    const { fround } = Math;
    const inCrop: Corners = [
      fround(x1 * sizePx),
      fround(y1 * sizePx),
      fround(x2 * sizePx),
      fround(y2 * sizePx),
    ];
    return {
      box: clipToImage(toImage(inCrop, parameters), image),
      score: scoreOf(cell),
      cell,
    };
  }

  /** First maximum of the penalised score. A NaN never wins, so one broken cell cannot take the target. */
  #bestCell(scoreMap: Float32Array, offset: number): number {
    const penalty = this.#penalty;
    const keep = 1 - this.#windowWeight;
    let best = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < penalty.length; i++) {
      // Rounded like the reference, or cells that tie in float32 would not tie here.
      const value = Math.fround(Math.fround(sigmoid(scoreMap[offset + i]!) * keep) + penalty[i]!);
      if (value > highest) {
        highest = value;
        best = i;
      }
    }
    return best;
  }
}

/**
 * The box that the next frame is searched around: the prediction where it is a proper box that meets the image, else the
 * one before. Source: specification 4.3.
 */
export function nextStateBox(previous: Corners, predicted: Corners, image: Size): Corners {
  const proper = isValidBox(predicted) && intersects(predicted, [0, 0, image.width, image.height]);
  return proper ? predicted : previous;
}

function boxAt(boxes: Float32Array, cell: number): Corners {
  const at = cell * 4;
  return [boxes[at]!, boxes[at + 1]!, boxes[at + 2]!, boxes[at + 3]!];
}

function sigmoid(logit: number): number {
  return Math.fround(1 / (1 + Math.exp(-logit)));
}
