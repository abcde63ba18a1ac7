import { area, type Corners, clipToImage, intersects } from "./box.ts";
import { type CropParameters, cropParameters, toCrop } from "./crop-parameters.ts";

/** The two distributions that jitter draws from. */
export interface JitterRandom {
  /** One draw of the standard normal distribution. */
  normal(): number;
  /** One draw, uniform in `[low, high)`. */
  uniform(low: number, high: number): number;
}

/** How far a training crop may be off its target. */
export interface JitterOptions {
  /** Standard deviation of the logarithm of each axis' scale; default 0.25. */
  readonly scaleJitter?: number;
  /** Largest shift, in multiples of the box's mean side in crop pixels; default 3. */
  readonly translationJitter?: number;
  /** Smallest side of the clipped box, crop pixels; default 10. */
  readonly minObjectSizePx?: number;
  /** Draws before giving up; default 12. */
  readonly maxAttempts?: number;
}

/** The last drawn crop, and whether the target can be seen in it. */
export interface JitteredCrop {
  readonly parameters: CropParameters;
  readonly success: boolean;
  readonly attempts: number;
}

/**
 * Draws the crop of a training search region: the centred crop of {@link cropParameters}, then for each axis its own scale
 * (so the aspect ratio changes), then a shift; drawn again while the target's part inside the crop is too small.
 *
 * Draws per attempt, in this order: normal x, normal y, uniform x, uniform y. Source: specification 3.4.
 */
export function jitteredCrop(
  box: Corners,
  areaFactor: number,
  width: number,
  height: number,
  random: JitterRandom,
  options: JitterOptions = {},
): JitteredCrop {
  const { scaleJitter = 0.25, translationJitter = 3, minObjectSizePx = 10, maxAttempts = 12 } = options;
  const centred = cropParameters(box, areaFactor, width, height);
  for (let attempts = 1; ; attempts++) {
    const parameters = jitter(box, centred, width, height, random, scaleJitter, translationJitter);
    const success = showsTarget(toCrop(box, parameters), width, height, minObjectSizePx);
    if (success || attempts >= maxAttempts) return { parameters, success, attempts };
  }
}

function jitter(
  [x1, y1, x2, y2]: Corners,
  centred: CropParameters,
  width: number,
  height: number,
  random: JitterRandom,
  scaleJitter: number,
  translationJitter: number,
): CropParameters {
  const scaleX = centred.scaleX / Math.exp(scaleJitter * random.normal());
  const scaleY = centred.scaleY / Math.exp(scaleJitter * random.normal());
  const reach = ((x2 - x1) * scaleX + (y2 - y1) * scaleY) * 0.5 * translationJitter;
  const shiftX = random.uniform(-1, 1) * reach;
  const shiftY = random.uniform(-1, 1) * reach;
  return {
    scaleX,
    scaleY,
    translationX: width * 0.5 - (x1 + x2) * 0.5 * scaleX + shiftX,
    translationY: height * 0.5 - (y1 + y2) * 0.5 * scaleY + shiftY,
  };
}

function showsTarget(box: Corners, width: number, height: number, minObjectSizePx: number): boolean {
  if (!intersects(box, [0, 0, width, height])) return false;
  const seen = clipToImage(box, width, height);
  return (
    seen[2] - seen[0] >= minObjectSizePx &&
    seen[3] - seen[1] >= minObjectSizePx &&
    area(seen) <= width * height
  );
}
