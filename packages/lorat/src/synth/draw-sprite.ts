import type { Corners } from "@lorat/core";
import type { Colour } from "@lorat/core/geometry";
import type { Canvas } from "./canvas.ts";
import { OPAQUE, type Sprite, type SpriteLevel } from "./sprite.ts";

/** Where and how a sprite stands on the canvas. */
export interface Pose {
  /** Its middle, canvas pixels. */
  readonly x: number;
  readonly y: number;
  /** Canvas pixels per sprite pixel along its own axes. */
  readonly scaleX: number;
  readonly scaleY: number;
  readonly angleRad: number;
  /** Mirrored left and right before it is turned. */
  readonly mirrored?: boolean;
}

/** Light on a sprite, and how far it moves while the shutter is open. */
export interface Look {
  readonly gain: Colour;
  /** Motion during the exposure, canvas pixels. */
  readonly smear?: readonly [x: number, y: number];
}

/** Exact bounds of the sprite's opaque pixels in a pose, canvas pixels, not clipped to the canvas. */
export function spriteBox(sprite: Sprite, pose: Pose): Corners {
  const [a, b, c, d] = poseMatrix(pose);
  let [x1, y1, x2, y2] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (let i = 0; i < sprite.extent.length; i += 2) {
    const u = sprite.extent[i]!;
    const v = sprite.extent[i + 1]!;
    const x = a * u + c * v;
    const y = b * u + d * v;
    if (x < x1) x1 = x;
    if (x > x2) x2 = x;
    if (y < y1) y1 = y;
    if (y > y2) y2 = y;
  }
  return [x1 + pose.x, y1 + pose.y, x2 + pose.x, y2 + pose.y];
}

/** Canvas pixels that the sprite's opaque part covers in a pose, whether they lie on the canvas or not. */
export function spriteArea(sprite: Sprite, pose: Pose): number {
  return sprite.area * Math.abs(pose.scaleX * pose.scaleY);
}

/** Draws a sprite and marks the pixels that it makes opaque as `owner`'s. */
export function drawSprite(canvas: Canvas, sprite: Sprite, pose: Pose, look: Look, owner: number): void {
  const [smearX, smearY] = look.smear ?? [0, 0];
  const exposures = Math.min(Math.max(Math.round(Math.hypot(smearX, smearY) / 1.5), 1), 12);
  if (exposures === 1) {
    blend(canvas, sprite, pose, look.gain, owner);
    return;
  }
  drawSmeared(canvas, sprite, pose, look, owner, exposures);
}

/** The average of several exposures: the canvas as it is without the sprite is kept and every exposure drawn onto it. */
function drawSmeared(
  canvas: Canvas,
  sprite: Sprite,
  pose: Pose,
  look: Look,
  owner: number,
  exposures: number,
): void {
  const [smearX, smearY] = look.smear ?? [0, 0];
  const [x1, y1, x2, y2] = spriteBox(sprite, pose);
  const left = Math.max(0, Math.floor(x1 - Math.abs(smearX) / 2) - 1);
  const top = Math.max(0, Math.floor(y1 - Math.abs(smearY) / 2) - 1);
  const right = Math.min(canvas.width, Math.ceil(x2 + Math.abs(smearX) / 2) + 1);
  const bottom = Math.min(canvas.height, Math.ceil(y2 + Math.abs(smearY) / 2) + 1);
  if (left >= right || top >= bottom) return;
  const width = right - left;
  const height = bottom - top;
  const layer: Canvas = {
    width,
    height,
    data: new Uint8ClampedArray(width * height * 3),
    owners: new Uint8Array(width * height),
  };
  const sums = new Float32Array(width * height * 3);
  for (let exposure = 0; exposure < exposures; exposure++) {
    copyRegion(canvas, left, top, layer);
    const t = (exposure + 0.5) / exposures - 0.5;
    const at = { ...pose, x: pose.x - left + smearX * t, y: pose.y - top + smearY * t };
    // Only the middle of the exposure decides what belongs to whom: boxes are measured there too.
    blend(layer, sprite, at, look.gain, exposure === exposures >> 1 ? owner : undefined);
    for (let i = 0; i < sums.length; i++) sums[i] = sums[i]! + layer.data[i]!;
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const o = (y + top) * canvas.width + x + left;
      for (let c = 0; c < 3; c++) canvas.data[o * 3 + c] = sums[i * 3 + c]! / exposures;
      if (layer.owners[i] === owner) canvas.owners[o] = owner;
    }
  }
}

function copyRegion(canvas: Canvas, left: number, top: number, layer: Canvas): void {
  for (let y = 0; y < layer.height; y++) {
    const from = ((y + top) * canvas.width + left) * 3;
    layer.data.set(canvas.data.subarray(from, from + layer.width * 3), y * layer.width * 3);
  }
}

/** Inverse mapping with bilinear samples from the level that is shrunk by less than two. */
function blend(canvas: Canvas, sprite: Sprite, pose: Pose, gain: Colour, owner: number | undefined): void {
  const shrink = 1 / Math.max(Math.abs(pose.scaleX), Math.abs(pose.scaleY), 1e-6);
  const depth = Math.min(Math.max(Math.floor(Math.log2(shrink) + 0.25), 0), sprite.levels.length - 1);
  const level = sprite.levels[depth]!;
  const [a, b, c, d] = poseMatrix(pose);
  const determinant = a * d - b * c;
  if (Math.abs(determinant) < 1e-9) return;
  const toLevelX = level.width / sprite.width;
  const toLevelY = level.height / sprite.height;
  const ux = (d / determinant) * toLevelX;
  const uy = (-c / determinant) * toLevelX;
  const vx = (-b / determinant) * toLevelY;
  const vy = (a / determinant) * toLevelY;
  const halfX = (Math.abs(a) * sprite.width + Math.abs(c) * sprite.height) / 2 + 1;
  const halfY = (Math.abs(b) * sprite.width + Math.abs(d) * sprite.height) / 2 + 1;
  const left = Math.max(0, Math.floor(pose.x - halfX));
  const right = Math.min(canvas.width, Math.ceil(pose.x + halfX));
  const top = Math.max(0, Math.floor(pose.y - halfY));
  const bottom = Math.min(canvas.height, Math.ceil(pose.y + halfY));
  for (let y = top; y < bottom; y++) {
    const dy = y + 0.5 - pose.y;
    const dx = left + 0.5 - pose.x;
    const u = dx * ux + dy * uy + level.width / 2 - 0.5;
    const v = dx * vx + dy * vy + level.height / 2 - 0.5;
    blendRow(canvas, level, y * canvas.width + left, right - left, u, v, ux, vx, gain, owner);
  }
}

function blendRow(
  { data, owners }: Canvas,
  { width, height, data: source }: SpriteLevel,
  start: number,
  count: number,
  startU: number,
  startV: number,
  stepU: number,
  stepV: number,
  gain: Colour,
  owner: number | undefined,
): void {
  const [gainR, gainG, gainB] = gain;
  const row = width * 4;
  let u = startU;
  let v = startV;
  for (let i = 0; i < count; i++, u += stepU, v += stepV) {
    if (u <= -1 || v <= -1 || u >= width || v >= height) continue;
    const x = Math.floor(u);
    const y = Math.floor(v);
    const fx = u - x;
    const fy = v - y;
    // Samples beyond the sprite are transparent.
    const w00 = x >= 0 && y >= 0 ? (1 - fx) * (1 - fy) : 0;
    const w01 = x + 1 < width && y >= 0 ? fx * (1 - fy) : 0;
    const w10 = x >= 0 && y + 1 < height ? (1 - fx) * fy : 0;
    const w11 = x + 1 < width && y + 1 < height ? fx * fy : 0;
    const p00 = w00 > 0 ? y * row + x * 4 : 0;
    const p01 = w01 > 0 ? y * row + x * 4 + 4 : 0;
    const p10 = w10 > 0 ? (y + 1) * row + x * 4 : 0;
    const p11 = w11 > 0 ? (y + 1) * row + x * 4 + 4 : 0;
    const alpha =
      source[p00 + 3]! * w00 + source[p01 + 3]! * w01 + source[p10 + 3]! * w10 + source[p11 + 3]! * w11;
    if (alpha <= 0.5) continue;
    const o = (start + i) * 3;
    const keep = 1 - alpha / 255;
    const red = source[p00]! * w00 + source[p01]! * w01 + source[p10]! * w10 + source[p11]! * w11;
    const green =
      source[p00 + 1]! * w00 + source[p01 + 1]! * w01 + source[p10 + 1]! * w10 + source[p11 + 1]! * w11;
    const blue =
      source[p00 + 2]! * w00 + source[p01 + 2]! * w01 + source[p10 + 2]! * w10 + source[p11 + 2]! * w11;
    data[o] = data[o]! * keep + red * gainR;
    data[o + 1] = data[o + 1]! * keep + green * gainG;
    data[o + 2] = data[o + 2]! * keep + blue * gainB;
    if (owner !== undefined && alpha >= OPAQUE) owners[start + i] = owner;
  }
}

/** `[a, b, c, d]` with `x = a u + c v`, `y = b u + d v`. */
function poseMatrix(pose: Pose): readonly [number, number, number, number] {
  const cos = Math.cos(pose.angleRad);
  const sin = Math.sin(pose.angleRad);
  const scaleX = pose.mirrored ? -pose.scaleX : pose.scaleX;
  return [cos * scaleX, sin * scaleX, -sin * pose.scaleY, cos * pose.scaleY];
}
