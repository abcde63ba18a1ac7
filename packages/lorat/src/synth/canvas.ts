import type { Colour, Frame } from "@lorat/core";

/** An RGB picture under construction, with the number of the object that each pixel shows (0 is the background). */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
  readonly owners: Uint8Array;
}

/** A window onto a picture: the picture's point in the middle of the view, picture pixels per view pixel, roll. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
  readonly angleRad: number;
}

/** A black canvas. */
export function createCanvas(width: number, height: number): Canvas {
  return {
    width,
    height,
    data: new Uint8ClampedArray(width * height * 3),
    owners: new Uint8Array(width * height),
  };
}

/** Fills the canvas with what the camera sees of a picture, bilinear, mirrored beyond its borders. */
export function paintBackground(canvas: Canvas, picture: Frame, camera: Camera): void {
  const { width, height, data } = canvas;
  const { channels, data: source } = picture;
  const rowBytes = picture.width * channels;
  const lastX = picture.width - 1;
  const lastY = picture.height - 1;
  const stepX = Math.cos(camera.angleRad) * camera.zoom;
  const stepY = Math.sin(camera.angleRad) * camera.zoom;
  for (let y = 0, out = 0; y < height; y++) {
    const dy = y + 0.5 - height / 2;
    let u = camera.x - 0.5 + (0.5 - width / 2) * stepX - dy * stepY;
    let v = camera.y - 0.5 + (0.5 - width / 2) * stepY + dy * stepX;
    for (let x = 0; x < width; x++, out += 3, u += stepX, v += stepY) {
      const sx = reflect(u, lastX);
      const sy = reflect(v, lastY);
      const left = sx | 0;
      const top = sy | 0;
      const fx = sx - left;
      const fy = sy - top;
      const p = top * rowBytes + left * channels;
      const right = left < lastX ? channels : 0;
      const down = top < lastY ? rowBytes : 0;
      const w11 = fx * fy;
      const w10 = fy - w11;
      const w01 = fx - w11;
      const w00 = 1 - fx - w10;
      for (let c = p; c < p + 3; c++) {
        data[out + c - p] =
          source[c]! * w00 +
          source[c + right]! * w01 +
          source[c + down]! * w10 +
          source[c + down + right]! * w11;
      }
    }
  }
}

/** Darkens a soft ellipse, as the shadow that an object throws on what is behind it. */
export function paintShadow(
  canvas: Canvas,
  x: number,
  y: number,
  radiusX: number,
  radiusY: number,
  depth: number,
): void {
  const { width, height, data } = canvas;
  for (let row = Math.max(0, Math.floor(y - radiusY)); row < Math.min(height, y + radiusY); row++) {
    for (let column = Math.max(0, Math.floor(x - radiusX)); column < Math.min(width, x + radiusX); column++) {
      const u = (column + 0.5 - x) / radiusX;
      const v = (row + 0.5 - y) / radiusY;
      const fall = 1 - u * u - v * v;
      if (fall <= 0) continue;
      const gain = 1 - depth * Math.min(fall * 2, 1);
      const i = (row * width + column) * 3;
      for (let c = 0; c < 3; c++) data[i + c] = data[i + c]! * gain;
    }
  }
}

/** Mean of an RGB frame on every fourth pixel of every fourth row, 0..255: close enough for padding. */
export function roughMean({ width, height, data }: Frame): Colour {
  const sums = [0, 0, 0];
  let count = 0;
  for (let y = 0; y < height; y += 4) {
    for (let x = 0; x < width; x += 4, count++) {
      const i = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) sums[c] = sums[c]! + data[i + c]!;
    }
  }
  return [sums[0]! / count, sums[1]! / count, sums[2]! / count];
}

function reflect(position: number, last: number): number {
  if (position >= 0 && position <= last) return position;
  if (last <= 0) return 0;
  const folded = Math.abs(position) % (2 * last);
  return folded > last ? 2 * last - folded : folded;
}
