/** An RGB picture in planes: `[3, height, width]` floats in 0..1. Every operation below works in place. */
export interface Planes {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** Factors and order of one colour jitter; `order` holds 0 brightness, 1 contrast, 2 saturation (3, hue, does nothing). */
interface ColorJitter {
  readonly order: readonly number[];
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

/** Mirrors left and right (specification 3.5, step 1); boxes become `x1' = width - x2`, `x2' = width - x1`. */
export function flipHorizontally({ data, width, height }: Planes): void {
  for (let row = 0; row < 3 * height; row++) data.subarray(row * width, (row + 1) * width).reverse();
}

/**
 * Brightness, contrast and saturation in the given order with torchvision's float arithmetic (step 2); each result is
 * clamped to 0..1. One plain loop an operation: fused into one they are slower, because every pixel then waits for a
 * longer chain.
 */
export function jitterColor(image: Planes, { order, brightness, contrast, saturation }: ColorJitter): void {
  for (const operation of order) {
    if (operation === 0) adjustBrightness(image, brightness);
    else if (operation === 1) adjustContrast(image, contrast);
    else if (operation === 2) adjustSaturation(image, saturation);
  }
}

/** `clamp(factor * value)`. */
function adjustBrightness({ data }: Planes, factor: number): void {
  for (let i = 0; i < data.length; i++) data[i] = clamp01(data[i]! * factor);
}

/** Blends with the mean of the grey picture. */
function adjustContrast({ data, width, height }: Planes, factor: number): void {
  const plane = width * height;
  let sum = 0;
  for (let i = 0; i < plane; i++) sum += grey(data[i]!, data[i + plane]!, data[i + 2 * plane]!);
  const offset = (1 - factor) * (sum / plane);
  for (let i = 0; i < data.length; i++) data[i] = clamp01(data[i]! * factor + offset);
}

/** Blends every pixel with its own grey value. */
function adjustSaturation({ data, width, height }: Planes, factor: number): void {
  const plane = width * height;
  for (let i = 0; i < plane; i++) {
    const red = data[i]!;
    const green = data[i + plane]!;
    const blue = data[i + 2 * plane]!;
    const offset = (1 - factor) * grey(red, green, blue);
    data[i] = clamp01(red * factor + offset);
    data[i + plane] = clamp01(green * factor + offset);
    data[i + 2 * plane] = clamp01(blue * factor + offset);
  }
}

function clamp01(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

function grey(red: number, green: number, blue: number): number {
  return 0.2989 * red + 0.587 * green + 0.114 * blue;
}
