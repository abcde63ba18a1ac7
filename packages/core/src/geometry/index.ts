export {
  area,
  type Box,
  type Corners,
  clipToImage,
  fromCorners,
  iou,
  isValidBox,
  safeBox,
  toCorners,
} from "./box.ts";
export { Cropper, IMAGENET_MEAN, IMAGENET_STD } from "./crop.ts";
export { type CropParameters, cropParameters, toCrop } from "./crop-parameters.ts";
export type { Frame, Size } from "./frame.ts";
export { type CropGrid, hannWindow, rasterise, writeForegroundMask } from "./grid.ts";
export { type Colour, imageMean } from "./image-mean.ts";
export { type JitteredCrop, type JitterOptions, type JitterRandom, jitteredCrop } from "./jittered-crop.ts";
