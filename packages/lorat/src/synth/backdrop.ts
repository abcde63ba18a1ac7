import type { Frame } from "@lorat/core";
import type { Random } from "@lorat/core/training";
import { createCanvas } from "./canvas.ts";
import { anyLook, type Look } from "./domain.ts";
import { drawSprite } from "./draw-sprite.ts";
import { boxBlur } from "./effects.ts";
import { fractalNoise } from "./noise.ts";
import { inventObject, proceduralSurface } from "./object.ts";
import { inventColour, nearbyColour } from "./palette.ts";
import { inventTexture } from "./texture.ts";

/** Invents a background: a surface or a horizon with a sky, strewn with things that do not move. */
export function inventBackdrop(
  random: Random,
  width: number,
  height: number,
  {
    clutter = random.uniform(0, 30),
    look = anyLook,
  }: { readonly clutter?: number; readonly look?: Look } = {},
): Frame {
  const canvas = createCanvas(width, height);
  canvas.data.set(inventTexture(random, width, height, undefined, look).data);
  if (random.chance(0.5)) paintSky(canvas.data, random, width, height, look);
  const family = Array.from({ length: 4 }, () => inventObject(random, 64, proceduralSurface(random, look)));
  for (let i = 0; i < clutter; i++) {
    const scale = random.logUniform(0.15, 1.6);
    const gain = random.uniform(0.5, 1.2);
    const pose = {
      x: random.uniform(0, width),
      y: random.uniform(0, height),
      scaleX: scale,
      scaleY: scale * random.uniform(0.7, 1.4),
      angleRad: random.uniform(0, 2 * Math.PI),
    };
    drawSprite(canvas, random.choice(family), pose, { gain: [gain, gain, gain] }, 0);
  }
  const blur = random.integer(3);
  if (blur > 0) boxBlur(canvas, blur, blur);
  return { width, height, channels: 3, data: canvas.data };
}

/** Replaces what lies above an uneven horizon by a cloudy gradient. */
function paintSky(data: Uint8ClampedArray, random: Random, width: number, height: number, look: Look): void {
  const upper = inventColour(random, look);
  const lower = nearbyColour(upper, random, 50);
  const clouds = fractalNoise(random, width, height, width / 4, 4);
  const ridge = fractalNoise(random, width, 1, width / random.uniform(3, 20), 5);
  const level = random.uniform(0.15, 0.6) * height;
  const relief = random.uniform(0, 0.4) * height;
  for (let x = 0; x < width; x++) {
    const horizon = Math.min(level + (ridge[x]! - 0.5) * relief, height);
    for (let y = 0; y < horizon; y++) {
      const i = y * width + x;
      const mix = y / Math.max(horizon, 1);
      const light = (clouds[i]! - 0.5) * 60;
      for (let c = 0; c < 3; c++) data[i * 3 + c] = upper[c]! * (1 - mix) + lower[c]! * mix + light;
    }
  }
}
