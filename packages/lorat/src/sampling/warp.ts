import type { Corners, Frame } from "@lorat/core";
import type { Random } from "@lorat/core/training";
import { paintBackground } from "../synth/canvas.ts";

/** A small change of a picture: size, turn about its middle, light. */
interface PictureWarp {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly angleRad: number;
  readonly gain: number;
}

/** Draws a change that grows with `strength`, as between two moments of a video. */
export function drawWarp(random: Random, strength: number): PictureWarp {
  const zoom = random.normal(0, 0.12 * strength);
  const stretch = random.normal(0, 0.06 * strength);
  return {
    scaleX: Math.exp(clampAbs(zoom + stretch, 0.35)),
    scaleY: Math.exp(clampAbs(zoom - stretch, 0.35)),
    angleRad: clampAbs(random.normal(0, 0.04 * strength), 0.1),
    gain: Math.exp(clampAbs(random.normal(0, 0.12 * strength), 0.4)),
  };
}

/**
 * The changed picture: scaled to a new size, turned about its middle with mirrored corners, brightened. RGB.
 * A large object is shrunk to `objectPx` at most: its crop would show no more, and small pictures are soon made.
 */
export function warpFrame(frame: Frame, warp: PictureWarp, box: Corners, objectPx = 64): Frame {
  const shrink = Math.min(1, objectPx / Math.sqrt((box[2] - box[0]) * (box[3] - box[1])));
  const width = Math.max(16, Math.round(frame.width * warp.scaleX * shrink));
  const height = Math.max(16, Math.round(frame.height * warp.scaleY * shrink));
  const data = new Uint8ClampedArray(width * height * 3);
  paintBackground({ width, height, data }, frame, {
    x: frame.width / 2,
    y: frame.height / 2,
    zoomX: frame.width / width,
    zoomY: frame.height / height,
    angleRad: -warp.angleRad,
  });
  const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => value * warp.gain);
  for (let i = 0; i < data.length; i++) data[i] = table[data[i]!]!;
  return { width, height, channels: 3, data };
}

/** Where a box of the picture lies after the change: centre moved, sides scaled (turns are too small to widen it). */
export function warpBox([x1, y1, x2, y2]: Corners, frame: Frame, warped: Frame, warp: PictureWarp): Corners {
  const cos = Math.cos(warp.angleRad);
  const sin = Math.sin(warp.angleRad);
  const scaleX = warped.width / frame.width;
  const scaleY = warped.height / frame.height;
  const dx = (x1 + x2) / 2 - frame.width / 2;
  const dy = (y1 + y2) / 2 - frame.height / 2;
  const centreX = (dx * cos - dy * sin) * scaleX + warped.width / 2;
  const centreY = (dx * sin + dy * cos) * scaleY + warped.height / 2;
  const halfWidth = ((x2 - x1) / 2) * scaleX;
  const halfHeight = ((y2 - y1) / 2) * scaleY;
  return [centreX - halfWidth, centreY - halfHeight, centreX + halfWidth, centreY + halfHeight];
}

function clampAbs(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit);
}
