import { type Corners, clipToImage } from "./box.ts";
import { type CropParameters, toCrop, toImage } from "./crop-parameters.ts";
import type { Size } from "./frame.ts";
import { rasterise } from "./grid.ts";

/** A crop moved onto whole pixels: which source pixels go where, and the mapping that this really is. */
export interface AlignedCrop {
  /** Whole image pixels that are read, end exclusive. */
  readonly source: Corners;
  /** Whole crop pixels that they are resized onto, end exclusive; the rest is padding. */
  readonly destination: Corners;
  /** True when no image pixel falls into the crop. */
  readonly empty: boolean;
  /** The adjusted mapping, float32 values; all boxes of this crop are mapped with it. */
  readonly parameters: CropParameters;
}

/**
 * Aligns a crop to whole pixels on both sides, which makes it slightly anisotropic.
 *
 * Where no image pixel falls into the crop (the reference then divides nothing by nothing) the given parameters are
 * kept, rounded to float32. Source: specification 4.2.
 */
export function alignCrop(image: Size, parameters: CropParameters, crop: Size): AlignedCrop {
  const whole: Corners = [0, 0, image.width, image.height];
  const destination = rasterise(clipToImage(toCrop(whole, parameters), crop));
  const source = clipToImage(rasterise(toImage(destination, parameters)), image);
  const empty = !(spans(destination) && spans(source));
  if (empty) return { source, destination, empty, parameters: roundParameters(parameters) };

  // Each step is rounded to float32 because the reference computes and stores the adjusted mapping in float32.
  const { fround } = Math;
  const scaleX = fround((destination[2] - destination[0]) / (source[2] - source[0]));
  const scaleY = fround((destination[3] - destination[1]) / (source[3] - source[1]));
  return {
    source,
    destination,
    empty,
    parameters: {
      scaleX,
      scaleY,
      translationX: fround(destination[0] - fround(source[0] * scaleX)),
      translationY: fround(destination[1] - fround(source[1] * scaleY)),
    },
  };
}

function spans([x1, y1, x2, y2]: Corners): boolean {
  return x1 < x2 && y1 < y2;
}

function roundParameters(p: CropParameters): CropParameters {
  return {
    scaleX: Math.fround(p.scaleX),
    scaleY: Math.fround(p.scaleY),
    translationX: Math.fround(p.translationX),
    translationY: Math.fround(p.translationY),
  };
}
