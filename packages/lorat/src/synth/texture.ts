import type { Colour } from "@lorat/core/geometry";
import type { Random } from "@lorat/core/training";
import { anyLook, type Look } from "./domain.ts";
import { fractalNoise } from "./noise.ts";
import { inventColour, nearbyColour } from "./palette.ts";

/** RGB bytes of a `width` x `height` raster. */
export interface Texture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

type Pattern = (x: number, y: number) => number;

/** A surface: a pattern between two or three colours under a layer of fine grain. */
export function inventTexture(
  random: Random,
  width: number,
  height: number,
  base?: Colour,
  look: Look = anyLook,
): Texture {
  const first = base ?? inventColour(random, look);
  const second = random.chance(0.5) ? inventColour(random, look) : nearbyColour(first, random, 45);
  const third = random.chance(0.5) ? nearbyColour(second, random, 40) : inventColour(random, look);
  const pattern = inventPattern(random, width, height, look.patterns);
  const grain = fractalNoise(random, width, height, random.uniform(2, 10), 2);
  const roughness = random.uniform(5, 60);
  const data = new Uint8ClampedArray(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const value = pattern(x, y);
      const light = (grain[i]! - 0.5) * roughness;
      for (let c = 0; c < 3; c++) data[i * 3 + c] = blend3(first, second, third, value, c) + light;
    }
  }
  return { width, height, data };
}

function blend3(a: Colour, b: Colour, c: Colour, value: number, channel: number): number {
  return value < 0.5
    ? a[channel]! + (b[channel]! - a[channel]!) * value * 2
    : b[channel]! + (c[channel]! - b[channel]!) * (value - 0.5) * 2;
}

/** A field of values in 0..1: plain, cloudy, striped, chequered, dotted or cellular. */
function inventPattern(random: Random, width: number, height: number, weights: Look["patterns"]): Pattern {
  const side = Math.sqrt(width * height);
  const period = random.uniform(0.08, 0.45) * side;
  const angle = random.uniform(0, Math.PI);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const along: Pattern = (x, y) => (x * cos + y * sin) / period;
  const across: Pattern = (x, y) => (y * cos - x * sin) / period;
  const clouds = fractalNoise(random, width, height, random.uniform(0.15, 0.6) * side, 4);
  const cloud: Pattern = (x, y) => stretch(clouds[y * width + x]!);
  const wobble = random.uniform(0, 1.2);
  const sharpness = random.logUniform(1, 12);
  const wave = (turns: number) => stretchBy(Math.sin(turns * 2 * Math.PI), sharpness);
  switch (random.weighted(weights)) {
    case 0:
      return () => 0;
    case 1:
      return cloud;
    case 2:
      return (x, y) => wave(along(x, y) + wobble * cloud(x, y));
    case 3:
      return (x, y) => (wave(along(x, y)) > 0.5 === wave(across(x, y)) > 0.5 ? 0.1 : 0.9);
    case 4: {
      const radius = random.uniform(0.2, 0.45);
      return (x, y) => {
        const u = fraction(along(x, y)) - 0.5;
        const v = fraction(across(x, y)) - 0.5;
        return u * u + v * v < radius * radius ? 1 : 0.2 * cloud(x, y);
      };
    }
    default:
      return cellPattern(random, width, height);
  }
}

/** Worley's cells: every point takes the value of its nearest centre ("A cellular texture basis function", 1996). */
function cellPattern(random: Random, width: number, height: number): Pattern {
  const columns = 3 + random.integer(4);
  const rows = Math.max(2, Math.round((columns * height) / width));
  const centres = Array.from({ length: columns * rows }, (_, i) => ({
    x: (((i % columns) + random.uniform()) * width) / columns,
    y: ((Math.floor(i / columns) + random.uniform()) * height) / rows,
    value: random.uniform(),
  }));
  return (x, y) => {
    const column = Math.floor((x * columns) / width);
    const row = Math.floor((y * rows) / height);
    let best = Number.POSITIVE_INFINITY;
    let value = 0;
    for (let r = Math.max(row - 1, 0); r <= Math.min(row + 1, rows - 1); r++) {
      for (let c = Math.max(column - 1, 0); c <= Math.min(column + 1, columns - 1); c++) {
        const centre = centres[r * columns + c]!;
        const distance = (centre.x - x) ** 2 + (centre.y - y) ** 2;
        if (distance < best) {
          best = distance;
          value = centre.value;
        }
      }
    }
    return value;
  };
}

/** Octaves of noise crowd round a half: widen them to the whole range. */
function stretch(value: number): number {
  return Math.min(Math.max((value - 0.5) * 2.4 + 0.5, 0), 1);
}

function stretchBy(value: number, sharpness: number): number {
  return Math.min(Math.max(value * sharpness * 0.5 + 0.5, 0), 1);
}

function fraction(value: number): number {
  return value - Math.floor(value);
}
