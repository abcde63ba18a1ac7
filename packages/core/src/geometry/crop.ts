import { LoratError } from "@lorat/graph";
import type { Corners } from "./box.ts";
import { alignCrop } from "./crop-alignment.ts";
import type { CropParameters } from "./crop-parameters.ts";
import { checkFrame, type Frame, type Size } from "./frame.ts";
import type { Colour } from "./image-mean.ts";

/** Mean and standard deviation of ImageNet's RGB values in 0..1. */
export const IMAGENET_MEAN: Colour = [0.485, 0.456, 0.406];
/** Standard deviation of ImageNet's RGB values in 0..1. */
export const IMAGENET_STD: Colour = [0.229, 0.224, 0.225];

/** `raw` gives 0..255, `normalised` gives `(value / 255 - mean) / std` of ImageNet. */
export type CropOutput = "raw" | "normalised";

/**
 * Cuts crops of one size out of frames, into memory of the caller.
 *
 * Reuses its scratch tables, so that a call allocates no pixel memory; one Cropper serves any number of targets
 * and frames of any size, but not two threads. Source: specification 4.2.
 */
export class Cropper {
  readonly size: Size;
  readonly output: CropOutput;
  readonly #leftOffsets: Int32Array;
  readonly #rightOffsets: Int32Array;
  readonly #rightWeights: Float64Array;
  readonly #gain: Colour;
  readonly #offset: Colour;

  /** Throws `CROP_SIZE` unless both sides are whole numbers of at least 1. */
  constructor(size: Size, output: CropOutput = "normalised") {
    const { width, height } = size;
    if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
      throw new LoratError(
        "CROP_SIZE",
        `a crop needs whole sides of at least 1 px, got ${width} x ${height}`,
      );
    }
    this.size = { width, height };
    this.output = output;
    this.#leftOffsets = new Int32Array(width);
    this.#rightOffsets = new Int32Array(width);
    this.#rightWeights = new Float64Array(width);
    const normalised = output === "normalised";
    const perChannel = (f: (c: 0 | 1 | 2) => number): Colour => [f(0), f(1), f(2)];
    this.#gain = perChannel((c) => (normalised ? 1 / (255 * IMAGENET_STD[c]) : 1));
    this.#offset = perChannel((c) => (normalised ? -IMAGENET_MEAN[c] / IMAGENET_STD[c] : 0));
  }

  /** Numbers that one crop takes: `3 * height * width`. */
  get length(): number {
    return 3 * this.size.width * this.size.height;
  }

  /**
   * Writes one crop of `frame` into `target` at `offset`: planes R, G, B of `[height, width]`, so `[3, height, width]`.
   *
   * `padding` (0..255) fills what lies outside the frame; a function is called only if something does. Resizing is bilinear
   * with half-pixel centres, no antialiasing, and sees only the pixels of the aligned source rectangle. Returns the adjusted parameters with which every box of
   * this crop must be mapped. Throws `FRAME_FORM` where the frame is no such picture and
   * `CROP_TARGET` when `target` is too short.
   */
  crop(
    frame: Frame,
    parameters: CropParameters,
    padding: Colour | (() => Colour),
    target: Float32Array,
    offset = 0,
  ): CropParameters {
    const { width, height } = this.size;
    checkFrame(frame);
    if (!(offset >= 0 && offset + this.length <= target.length)) {
      throw new LoratError(
        "CROP_TARGET",
        `a ${width} x ${height} crop at ${offset} needs ${offset + this.length} numbers, the target holds ${target.length}`,
      );
    }
    const aligned = alignCrop(frame, parameters, this.size);
    const [x1, y1, x2, y2] = aligned.destination;
    if (aligned.empty || x1 > 0 || y1 > 0 || x2 < width || y2 < height)
      this.#fill(typeof padding === "function" ? padding() : padding, target, offset);
    if (!aligned.empty) this.#resize(frame, aligned.source, aligned.destination, target, offset);
    return aligned.parameters;
  }

  #fill(colour: Colour, target: Float32Array, offset: number): void {
    const plane = this.size.width * this.size.height;
    for (const c of [0, 1, 2] as const) {
      target.fill(colour[c] * this.#gain[c] + this.#offset[c], offset + c * plane, offset + (c + 1) * plane);
    }
  }

  #resize(frame: Frame, source: Corners, destination: Corners, target: Float32Array, offset: number): void {
    const { width, height } = this.size;
    const [sourceX, sourceY, sourceX2, sourceY2] = source;
    const [x1, y1, x2, y2] = destination;
    const columns = x2 - x1;
    const rows = y2 - y1;
    const patchWidth = sourceX2 - sourceX;
    const patchHeight = sourceY2 - sourceY;
    const { channels } = frame;
    const rowBytes = frame.width * channels;

    const stepX = Math.fround(patchWidth / columns);
    for (let i = 0; i < columns; i++) {
      const position = sourcePosition(stepX, i);
      const left = Math.min(position | 0, patchWidth - 1);
      this.#leftOffsets[i] = (sourceX + left) * channels;
      this.#rightOffsets[i] = (sourceX + Math.min(left + 1, patchWidth - 1)) * channels;
      this.#rightWeights[i] = position - left;
    }

    const stepY = Math.fround(patchHeight / rows);
    for (let i = 0; i < rows; i++) {
      const position = sourcePosition(stepY, i);
      const top = Math.min(position | 0, patchHeight - 1);
      const bottom = Math.min(top + 1, patchHeight - 1);
      blendRow(
        frame.data,
        (sourceY + top) * rowBytes,
        (sourceY + bottom) * rowBytes,
        position - top,
        this.#leftOffsets,
        this.#rightOffsets,
        this.#rightWeights,
        columns,
        target,
        offset + (y1 + i) * width + x1,
        width * height,
        this.#gain,
        this.#offset,
      );
    }
  }
}

/** Half-pixel source coordinate of output index `i`; `step` is the float32 ratio of the sides, the rest is not rounded. */
function sourcePosition(step: number, i: number): number {
  return Math.max(step * (i + 0.5) - 0.5, 0);
}

/** One output row of all three channels. A function of its own so that the engine compiles one tight loop. */
function blendRow(
  data: Uint8Array | Uint8ClampedArray,
  top: number,
  bottom: number,
  bottomWeight: number,
  leftOffsets: Int32Array,
  rightOffsets: Int32Array,
  rightWeights: Float64Array,
  columns: number,
  target: Float32Array,
  at: number,
  plane: number,
  gain: Colour,
  shift: Colour,
): void {
  const gainR = gain[0];
  const gainG = gain[1];
  const gainB = gain[2];
  const shiftR = shift[0];
  const shiftG = shift[1];
  const shiftB = shift[2];
  const topWeight = 1 - bottomWeight;
  for (let i = 0; i < columns; i++) {
    const right = rightWeights[i]!;
    const left = 1 - right;
    const w00 = topWeight * left;
    const w01 = topWeight * right;
    const w10 = bottomWeight * left;
    const w11 = bottomWeight * right;
    // `| 0` tells the engine that no index leaves 32 bits.
    const l = leftOffsets[i]! | 0;
    const r = rightOffsets[i]! | 0;
    const p00 = (top + l) | 0;
    const p01 = (top + r) | 0;
    const p10 = (bottom + l) | 0;
    const p11 = (bottom + r) | 0;
    const out = (at + i) | 0;
    target[out] =
      (data[p00]! * w00 + data[p01]! * w01 + data[p10]! * w10 + data[p11]! * w11) * gainR + shiftR;
    target[(out + plane) | 0] =
      (data[(p00 + 1) | 0]! * w00 +
        data[(p01 + 1) | 0]! * w01 +
        data[(p10 + 1) | 0]! * w10 +
        data[(p11 + 1) | 0]! * w11) *
        gainG +
      shiftG;
    target[(out + 2 * plane) | 0] =
      (data[(p00 + 2) | 0]! * w00 +
        data[(p01 + 2) | 0]! * w01 +
        data[(p10 + 2) | 0]! * w10 +
        data[(p11 + 2) | 0]! * w11) *
        gainB +
      shiftB;
  }
}
