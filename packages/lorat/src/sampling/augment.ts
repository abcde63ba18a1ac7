/** An RGB picture in planes: `[3, height, width]` floats in 0..1. Every operation below works in place. */
export interface Planes {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** Factors and order of one colour jitter; `order` holds 0 brightness, 1 contrast, 2 saturation (3, hue, does nothing). */
export interface ColorJitter {
  readonly order: readonly number[];
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

/** One of the three DeiT-III operations, with its parameter. */
export type ThreeAugment =
  | { readonly kind: "greyscale" }
  | { readonly kind: "solarise" }
  | { readonly kind: "blur"; readonly radius: number };

/** Mirrors left and right (specification 3.5, step 1); boxes become `x1' = width - x2`, `x2' = width - x1`. */
export function flipHorizontally({ data, width, height }: Planes): void {
  for (let row = 0; row < 3 * height; row++) data.subarray(row * width, (row + 1) * width).reverse();
}

/** Brightness, contrast and saturation in the given order with torchvision's float arithmetic (step 2). */
export function jitterColor(image: Planes, { order, brightness, contrast, saturation }: ColorJitter): void {
  for (const operation of order) {
    if (operation === 0) adjustBrightness(image, brightness);
    else if (operation === 1) adjustContrast(image, contrast);
    else if (operation === 2) adjustSaturation(image, saturation);
  }
}

/** `clamp(factor * value)`. */
export function adjustBrightness({ data }: Planes, factor: number): void {
  for (let i = 0; i < data.length; i++) data[i] = clamp01(data[i]! * factor);
}

/** Blends with the mean of the grey picture. */
export function adjustContrast({ data, width, height }: Planes, factor: number): void {
  const plane = width * height;
  let sum = 0;
  for (let i = 0; i < plane; i++) sum += grey(data[i]!, data[i + plane]!, data[i + 2 * plane]!);
  const offset = (1 - factor) * (sum / plane);
  for (let i = 0; i < data.length; i++) data[i] = clamp01(data[i]! * factor + offset);
}

/** Blends every pixel with its own grey value. */
export function adjustSaturation({ data, width, height }: Planes, factor: number): void {
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

/** One DeiT-III operation on the picture truncated to 8 bits, as PIL does it (step 3); the result is a multiple of 1/255. */
export function threeAugment(image: Planes, augment: ThreeAugment): void {
  const { data, width, height } = image;
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) bytes[i] = data[i]! * 255;
  if (augment.kind === "greyscale") greyscaleBytes(bytes);
  else if (augment.kind === "solarise") solariseBytes(bytes);
  else gaussianBlurBytes(bytes, width, height, augment.radius);
  for (let i = 0; i < data.length; i++) data[i] = bytes[i]! / 255;
}

/** PIL's luma (ITU-R 601-2 in 16-bit fixed point) in all three planes. */
function greyscaleBytes(bytes: Uint8Array): void {
  const plane = bytes.length / 3;
  for (let i = 0; i < plane; i++) {
    const luma =
      (bytes[i]! * 19595 + bytes[i + plane]! * 38470 + bytes[i + 2 * plane]! * 7471 + 0x8000) >>> 16;
    bytes[i] = luma;
    bytes[i + plane] = luma;
    bytes[i + 2 * plane] = luma;
  }
}

function solariseBytes(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! >= 128) bytes[i] = 255 - bytes[i]!;
}

/**
 * PIL's Gaussian blur: three box blurs of fractional radius in each direction, rounded to 8 bits after each
 * (Gwosdek et al., "Theoretical foundations of Gaussian convolution by extended box filtering", 2011).
 */
function gaussianBlurBytes(bytes: Uint8Array, width: number, height: number, radius: number): void {
  const box = extendedBoxRadius(radius, 3);
  const plane = width * height;
  const scratch = new Uint8Array(plane);
  for (let channel = 0; channel < 3; channel++) {
    const values = bytes.subarray(channel * plane, (channel + 1) * plane);
    for (let pass = 0; pass < 3; pass++) {
      blurRows(values, scratch, width, height, box);
      values.set(scratch);
    }
    for (let pass = 0; pass < 3; pass++) {
      blurColumns(values, scratch, width, height, box);
      values.set(scratch);
    }
  }
}

/** Radius of the box whose `passes`-fold repetition has the variance of a Gaussian of the given deviation. */
function extendedBoxRadius(deviation: number, passes: number): number {
  const variance = (deviation * deviation) / passes;
  const length = Math.sqrt(12 * variance + 1);
  const whole = Math.floor((length - 1) / 2);
  const part = ((2 * whole + 1) * (whole * (whole + 1) - 3 * variance)) / (6 * (variance - (whole + 1) ** 2));
  return whole + part;
}

function blurRows(from: Uint8Array, to: Uint8Array, width: number, height: number, radius: number): void {
  const whole = Math.floor(radius);
  const weight = 1 / (2 * radius + 1);
  const edge = (1 - (2 * whole + 1) * weight) / 2;
  const last = width - 1;
  for (let row = 0; row < height; row++) {
    const start = row * width;
    let sum = 0;
    for (let x = -whole; x <= whole; x++) sum += from[start + clampIndex(x, last)]!;
    for (let x = 0; x < width; x++) {
      const outer =
        from[start + clampIndex(x - whole - 1, last)]! + from[start + clampIndex(x + whole + 1, last)]!;
      to[start + x] = sum * weight + outer * edge + 0.5;
      sum += from[start + clampIndex(x + whole + 1, last)]! - from[start + clampIndex(x - whole, last)]!;
    }
  }
}

/** As {@link blurRows} down the columns; all columns advance together, so that memory is read in order. */
function blurColumns(from: Uint8Array, to: Uint8Array, width: number, height: number, radius: number): void {
  const whole = Math.floor(radius);
  const weight = 1 / (2 * radius + 1);
  const edge = (1 - (2 * whole + 1) * weight) / 2;
  const last = height - 1;
  const sums = new Float64Array(width);
  for (let y = -whole; y <= whole; y++) {
    const row = clampIndex(y, last) * width;
    for (let x = 0; x < width; x++) sums[x] = sums[x]! + from[row + x]!;
  }
  for (let y = 0; y < height; y++) {
    const above = clampIndex(y - whole - 1, last) * width;
    const below = clampIndex(y + whole + 1, last) * width;
    const leaving = clampIndex(y - whole, last) * width;
    const out = y * width;
    for (let x = 0; x < width; x++) {
      const next = from[below + x]!;
      to[out + x] = sums[x]! * weight + (from[above + x]! + next) * edge + 0.5;
      sums[x] = sums[x]! + next - from[leaving + x]!;
    }
  }
}

function clampIndex(index: number, last: number): number {
  return index < 0 ? 0 : Math.min(index, last);
}

function clamp01(value: number): number {
  return value < 0 ? 0 : Math.min(value, 1);
}

function grey(red: number, green: number, blue: number): number {
  return 0.2989 * red + 0.587 * green + 0.114 * blue;
}
