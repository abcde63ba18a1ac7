import type { Frame } from "@lorat/core";
import type { Colour } from "@lorat/core/geometry";
import type { Random } from "@lorat/core/training";
import { createCanvas } from "../canvas.ts";
import { drawSprite } from "../draw-sprite.ts";
import { fractalNoise } from "../noise.ts";
import { makeSprite, type Sprite } from "../sprite.ts";

/** A road seen from above: its middle's height over the picture's columns. */
export interface Road {
  readonly halfWidth: number;
  readonly height: (x: number) => number;
  /** Slope angle in radians. */
  readonly angle: (x: number) => number;
}

/** A winding road through the middle of a picture. */
export function windingRoad(pictureHeight: number): Road {
  const height = (x: number) =>
    pictureHeight * 0.52 + 62 * Math.sin(x / 185 + 0.4) + 20 * Math.sin(x / 79 + 2);
  return { halfWidth: 31, height, angle: (x) => Math.atan((height(x + 1) - height(x - 1)) / 2) };
}

const GRASS: readonly Colour[] = [
  [74, 92, 44],
  [104, 117, 62],
  [136, 134, 84],
];

/** Meadows on both sides of a road, with bushes and stones. */
export function paintLandscape(random: Random, width: number, height: number, road: Road): Frame {
  const canvas = createCanvas(width, height);
  const meadows = fractalNoise(random, width, height, 190, 6);
  const tufts = fractalNoise(random, width, height, 7, 3);
  const gravel = fractalNoise(random, width, height, 3, 2);
  const wear = fractalNoise(random, width, height, 46, 4);
  for (let x = 0; x < width; x++) {
    const middle = road.height(x);
    const flat = Math.cos(road.angle(x));
    for (let y = 0; y < height; y++) {
      const i = y * width + x;
      const across = (y - middle) * flat;
      const ground = groundColour(meadows[i]!, tufts[i]!, gravel[i]!);
      const surface = roadColour(across, x, road.halfWidth, gravel[i]!, wear[i]!);
      const edge = road.halfWidth + 7 * (wear[i]! - 0.3);
      const onRoad = Math.min(Math.max((edge - Math.abs(across)) / 3, 0), 1);
      for (let c = 0; c < 3; c++) canvas.data[i * 3 + c] = ground[c]! * (1 - onRoad) + surface[c]! * onRoad;
    }
  }
  const bushes = Array.from({ length: 5 }, () => foliage(random, 40));
  for (let i = 0; i < 130; i++) {
    const x = random.uniform(0, width);
    const y = random.uniform(0, height);
    const size = random.logUniform(0.15, 0.8);
    if (Math.abs(y - road.height(x)) < road.halfWidth + 26 * size + 6) continue;
    const pose = { x, y, scaleX: size, scaleY: size, angleRad: random.uniform(-0.5, 0.5) };
    const shade = { ...pose, x: x + 5 * size, y: y + 6 * size };
    const bush = random.choice(bushes);
    drawSprite(canvas, bush, shade, { gain: [0.25, 0.25, 0.28] }, 0);
    drawSprite(canvas, bush, pose, { gain: [1, 1, 1] }, 0);
  }
  return { width, height, channels: 3, data: canvas.data };
}

function groundColour(meadow: number, tuft: number, grain: number): Colour {
  const dryness = Math.min(Math.max((meadow - 0.5) * 3.2 + 0.5, 0), 1) * 1.999;
  const [from, to] = [GRASS[Math.floor(dryness)]!, GRASS[Math.floor(dryness) + 1]!];
  const mix = dryness - Math.floor(dryness);
  const light = (tuft - 0.5) * 62 + (grain - 0.5) * 26;
  const channel = (c: 0 | 1 | 2) => from[c] + (to[c] - from[c]) * mix + light;
  return [channel(0), channel(1), channel(2)];
}

function roadColour(across: number, along: number, halfWidth: number, grain: number, wear: number): Colour {
  const tracks = 9 * Math.cos((across / halfWidth) * 2 * Math.PI * 1.5);
  const grey = 104 + (grain - 0.5) * 40 + (wear - 0.5) * 40 + tracks;
  const dash = Math.abs(across) < 1.4 && along % 46 < 24;
  const border = Math.abs(Math.abs(across) - halfWidth + 5) < 1;
  if (dash || border) return [grey + 88, grey + 86, grey + 74];
  return [grey + 2, grey, grey - 3];
}

/** The crown of a tree or bush from above: leaves in clusters, lit from the upper left. */
export function foliage(random: Random, radius: number): Sprite {
  const side = Math.ceil(radius * 2 + 4);
  const data = new Uint8ClampedArray(side * side * 4);
  const hue: Colour = [random.uniform(48, 76), random.uniform(78, 100), random.uniform(30, 48)];
  const clusters = Math.round(radius * 6);
  for (let k = 0; k < clusters; k++) {
    const rise = k / clusters;
    const distance = Math.sqrt(random.uniform()) * radius * (0.92 - 0.3 * rise);
    const direction = random.uniform(0, 2 * Math.PI);
    const x = side / 2 + Math.cos(direction) * distance;
    const y = side / 2 + Math.sin(direction) * distance;
    const toLight = 1 - (x - side / 2 + (y - side / 2)) / (radius * 2.4);
    const light = (0.45 + 0.75 * rise) * (0.72 + 0.32 * toLight) * random.uniform(0.82, 1.18);
    paintDisc(data, side, x, y, radius * random.uniform(0.06, 0.15), [
      hue[0] * light,
      hue[1] * light,
      hue[2] * light,
    ]);
  }
  return makeSprite({ width: side, height: side, channels: 4, data });
}

function paintDisc(
  data: Uint8ClampedArray,
  side: number,
  x: number,
  y: number,
  radius: number,
  colour: Colour,
): void {
  for (let row = Math.max(0, Math.floor(y - radius)); row < Math.min(side, y + radius + 1); row++) {
    for (
      let column = Math.max(0, Math.floor(x - radius));
      column < Math.min(side, x + radius + 1);
      column++
    ) {
      const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
      const alpha = Math.min(Math.max(radius - distance + 0.5, 0), 1);
      if (alpha === 0) continue;
      const i = (row * side + column) * 4;
      const cover = data[i + 3] === 0 ? 1 : alpha;
      for (let c = 0; c < 3; c++) data[i + c] = data[i + c]! * (1 - cover) + colour[c]! * cover;
      data[i + 3] = Math.max(data[i + 3]!, alpha * 255);
    }
  }
}
