import type { Frame } from "@lorat/core";
import type { Colour } from "@lorat/core/geometry";
import type { Pixels } from "./effects.ts";

/** An RGB picture under construction, with the number of the object that each pixel shows (0 is the background). */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
  readonly owners: Uint8Array;
}

/** A window onto a picture: the picture's point in the middle of the view, picture pixels per view
 * pixel along the view's axes, roll. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly zoomX: number;
  readonly zoomY: number;
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
export function paintBackground(canvas: Pixels, picture: Frame, camera: Camera): void {
  const cos = Math.cos(camera.angleRad);
  const sin = Math.sin(camera.angleRad);
  const { width, height } = canvas;
  for (let y = 0; y < height; y++) {
    const across = ((1 - width) / 2) * camera.zoomX;
    const down = (y + (1 - height) / 2) * camera.zoomY;
    const u = camera.x - 0.5 + across * cos - down * sin;
    const v = camera.y - 0.5 + across * sin + down * cos;
    sampleRow(canvas.data, y * width * 3, width, picture, u, v, cos * camera.zoomX, sin * camera.zoomX);
  }
}

/** One row of bilinear samples: from picture position `(u, v)` (pixel centres at whole numbers) in steps. */
function sampleRow(
  data: Uint8ClampedArray,
  start: number,
  count: number,
  { width, height, channels, data: source }: Frame,
  startU: number,
  startV: number,
  stepU: number,
  stepV: number,
): void {
  const row = width * channels;
  const lastX = width - 1;
  const lastY = height - 1;
  let u = startU;
  let v = startV;
  for (let out = start, end = start + count * 3; out < end; out += 3, u += stepU, v += stepV) {
    const sx = u >= 0 && u <= lastX ? u : reflect(u, lastX);
    const sy = v >= 0 && v <= lastY ? v : reflect(v, lastY);
    const left = sx | 0;
    const top = sy | 0;
    // Weights in 1/65536: whole numbers are half as dear as doubles here, and exact enough for bytes.
    const fx = ((sx - left) * 256) | 0;
    const fy = ((sy - top) * 256) | 0;
    const w11 = fx * fy;
    const w10 = (fy << 8) - w11;
    const w01 = (fx << 8) - w11;
    const w00 = 65536 - (fx << 8) - w10;
    const p00 = top * row + left * channels;
    const p01 = left < lastX ? p00 + channels : p00;
    const down = top < lastY ? row : 0;
    const p10 = p00 + down;
    const p11 = p01 + down;
    data[out] =
      (source[p00]! * w00 + source[p01]! * w01 + source[p10]! * w10 + source[p11]! * w11 + 32768) >> 16;
    data[out + 1] =
      (source[p00 + 1]! * w00 +
        source[p01 + 1]! * w01 +
        source[p10 + 1]! * w10 +
        source[p11 + 1]! * w11 +
        32768) >>
      16;
    data[out + 2] =
      (source[p00 + 2]! * w00 +
        source[p01 + 2]! * w01 +
        source[p10 + 2]! * w10 +
        source[p11 + 2]! * w11 +
        32768) >>
      16;
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
  if (last <= 0) return 0;
  const folded = Math.abs(position) % (2 * last);
  return folded > last ? 2 * last - folded : folded;
}
