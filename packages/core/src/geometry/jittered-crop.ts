import { area, type Corners, clipToImage, intersects } from "./box.ts";
import { type CropParameters, cropParameters, toCrop } from "./crop-parameters.ts";
import type { Size } from "./frame.ts";

/** The two distributions that jitter draws from. */
export interface JitterRandom {
  /** One draw of the standard normal distribution. */
  normal(): number;
  /** One draw, uniform in `[low, high)`. */
  uniform(low: number, high: number): number;
}

/** How far a training crop may be off its target. */
export interface JitterOptions {
  /** Standard deviation of the logarithm of each axis' scale; default: 0.25. */
  readonly scaleJitter?: number;
  /** Maximum shift, in multiples of the box's mean side in crop pixels; default: 3. */
  readonly translationJitter?: number;
  /** Minimum side of the clipped box, crop pixels; default: 10. */
  readonly minObjectSizePx?: number;
  /** Draws before giving up; default: 12. */
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
  crop: Size,
  random: JitterRandom,
  options: JitterOptions = {},
): JitteredCrop {
  const { scaleJitter = 0.25, translationJitter = 3, minObjectSizePx = 10, maxAttempts = 12 } = options;
  const centred = cropParameters(box, areaFactor, crop);
  for (let attempts = 1; ; attempts++) {
    const drawn = {
      scaleX: Math.exp(scaleJitter * random.normal()),
      scaleY: Math.exp(scaleJitter * random.normal()),
      shiftX: random.uniform(-1, 1),
      shiftY: random.uniform(-1, 1),
      translationJitter,
    };
    const parameters = jittered(box, centred, crop, drawn);
    const success = showsTarget(toCrop(box, parameters), crop, minObjectSizePx);
    if (success || attempts >= maxAttempts) return { parameters, success, attempts };
  }
}

/** One draw: factors on the scales, and shifts in [-1, 1) of the maximum. */
interface Drawn {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly shiftX: number;
  readonly shiftY: number;
  readonly translationJitter: number;
}

function jittered(
  [x1, y1, x2, y2]: Corners,
  centred: CropParameters,
  crop: Size,
  drawn: Drawn,
): CropParameters {
  const scaleX = centred.scaleX / drawn.scaleX;
  const scaleY = centred.scaleY / drawn.scaleY;
  const reach = ((x2 - x1) * scaleX + (y2 - y1) * scaleY) * 0.5 * drawn.translationJitter;
  return {
    scaleX,
    scaleY,
    translationX: crop.width * 0.5 - (x1 + x2) * 0.5 * scaleX + drawn.shiftX * reach,
    translationY: crop.height * 0.5 - (y1 + y2) * 0.5 * scaleY + drawn.shiftY * reach,
  };
}

function showsTarget(box: Corners, crop: Size, minObjectSizePx: number): boolean {
  const { width, height } = crop;
  if (!intersects(box, [0, 0, width, height])) return false;
  const seen = clipToImage(box, crop);
  return (
    seen[2] - seen[0] >= minObjectSizePx &&
    seen[3] - seen[1] >= minObjectSizePx &&
    area(seen) <= width * height
  );
}
