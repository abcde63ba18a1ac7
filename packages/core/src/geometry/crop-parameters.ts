import type { Corners } from "./box.ts";
import type { Size } from "./frame.ts";

/**
 * Maps image coordinates to crop coordinates: `crop = image * scale + translation`, per axis.
 * Scale is crop pixels per image pixel, translation is in crop pixels.
 */
export interface CropParameters {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly translationX: number;
  readonly translationY: number;
}

/**
 * The crop that shows `box` with its surroundings, centred, in `crop` pixels.
 *
 * The context sides are `w + (areaFactor - 1) * (w + h) / 2` and the same with `h`; the scale is isotropic so that the
 * context's area fills the crop. Give the result to {@link alignCrop} or a Cropper before mapping boxes with it.
 * Source: specification 4.1.
 */
export function cropParameters(box: Corners, areaFactor: number, crop: Size): CropParameters {
  const { width, height } = crop;
  const [x1, y1, x2, y2] = box;
  const boxWidth = x2 - x1;
  const boxHeight = y2 - y1;
  const margin = (areaFactor - 1) * ((boxWidth + boxHeight) * 0.5);
  const scale = Math.sqrt((width * height) / ((boxWidth + margin) * (boxHeight + margin)));
  return {
    scaleX: scale,
    scaleY: scale,
    translationX: width * 0.5 - (x1 + x2) * 0.5 * scale,
    translationY: height * 0.5 - (y1 + y2) * 0.5 * scale,
  };
}

/** `box` enlarged about its centre so that both sides are at least `minSizePx` (specification 4.3: 10 px at test time). */
export function enlargeToMinimum(box: Corners, minSizePx: number): Corners {
  const [x1, y1, x2, y2] = box;
  const width = x2 - x1;
  const height = y2 - y1;
  if (width >= minSizePx && height >= minSizePx) return box;
  const halfWidth = Math.max(width, minSizePx) * 0.5;
  const halfHeight = Math.max(height, minSizePx) * 0.5;
  const centreX = (x1 + x2) * 0.5;
  const centreY = (y1 + y2) * 0.5;
  return [centreX - halfWidth, centreY - halfHeight, centreX + halfWidth, centreY + halfHeight];
}

/** The crop in which the next frame is searched: {@link enlargeToMinimum}, then {@link cropParameters}. */
export function searchCropParameters(
  stateBox: Corners,
  areaFactor: number,
  crop: Size,
  minObjectSizePx = 10,
): CropParameters {
  return cropParameters(enlargeToMinimum(stateBox, minObjectSizePx), areaFactor, crop);
}

/** A box in image pixels to crop pixels. */
export function toCrop(box: Corners, p: CropParameters): Corners {
  return [
    box[0] * p.scaleX + p.translationX,
    box[1] * p.scaleY + p.translationY,
    box[2] * p.scaleX + p.translationX,
    box[3] * p.scaleY + p.translationY,
  ];
}

/** The parameters of the opposite mapping: `image = crop * (1 / scale) + (-translation / scale)`. */
export function inverseParameters(p: CropParameters): CropParameters {
  return {
    scaleX: 1 / p.scaleX,
    scaleY: 1 / p.scaleY,
    translationX: -p.translationX / p.scaleX,
    translationY: -p.translationY / p.scaleY,
  };
}

/** A box in crop pixels back to image pixels. */
export function toImage(box: Corners, p: CropParameters): Corners {
  return toCrop(box, inverseParameters(p));
}
