import type { Corners, Frame, Random } from "@lorat/core";

/** A small change of a picture: size, turn about its middle, light. */
export interface PictureWarp {
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

/** The changed picture: scaled to a new size, turned about its middle with mirrored corners, brightened. RGB. */
export function warpFrame(frame: Frame, warp: PictureWarp): Frame {
  const width = Math.max(16, Math.round(frame.width * warp.scaleX));
  const height = Math.max(16, Math.round(frame.height * warp.scaleY));
  const data = new Uint8ClampedArray(width * height * 3);
  const cos = Math.cos(warp.angleRad);
  const sin = Math.sin(warp.angleRad);
  const stepX = frame.width / width;
  const stepY = frame.height / height;
  const { channels } = frame;
  const rowBytes = frame.width * channels;
  let out = 0;
  for (let y = 0; y < height; y++) {
    const v = (y + 0.5 - height / 2) * stepY;
    for (let x = 0; x < width; x++) {
      const u = (x + 0.5 - width / 2) * stepX;
      const sx = mirror(u * cos + v * sin + frame.width / 2 - 0.5, frame.width - 1);
      const sy = mirror(v * cos - u * sin + frame.height / 2 - 0.5, frame.height - 1);
      const left = sx | 0;
      const top = sy | 0;
      const fx = sx - left;
      const fy = sy - top;
      const p00 = top * rowBytes + left * channels;
      const p01 = left < frame.width - 1 ? p00 + channels : p00;
      const down = top < frame.height - 1 ? rowBytes : 0;
      for (let c = 0; c < 3; c++) {
        const upper = frame.data[p00 + c]! * (1 - fx) + frame.data[p01 + c]! * fx;
        const lower = frame.data[p00 + down + c]! * (1 - fx) + frame.data[p01 + down + c]! * fx;
        data[out++] = (upper * (1 - fy) + lower * fy) * warp.gain;
      }
    }
  }
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

function mirror(position: number, last: number): number {
  const inside = position < 0 ? -position : position > last ? 2 * last - position : position;
  return inside < 0 ? 0 : Math.min(inside, last);
}

function clampAbs(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit);
}
