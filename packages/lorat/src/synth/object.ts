import type { Frame } from "@lorat/core";
import type { Random } from "@lorat/core/training";
import { anyLook, type Look } from "./domain.ts";
import { inventOutline, type Outline } from "./outline.ts";
import { inventColour } from "./palette.ts";
import { makeSprite, type Sprite } from "./sprite.ts";
import { inventTexture, type Texture } from "./texture.ts";

interface Part {
  readonly outline: Outline;
  readonly x: number;
  readonly y: number;
  readonly radiusX: number;
  readonly radiusY: number;
  readonly angle: number;
  readonly texture: Texture;
  readonly roundness: number;
}

/** Surfaces for objects: a texture of the wanted size, procedural or cut out of a photograph. */
type Surface = (width: number, height: number) => Texture;

/** Invents an object of one to five parts, lit from one side, as a sprite of about `sizePx` a side. */
export function inventObject(
  random: Random,
  sizePx: number,
  surface: Surface = proceduralSurface(random),
): Sprite {
  const aspect = Math.exp(random.normal(0, 0.35));
  const width = Math.round(Math.min(Math.max(sizePx * Math.sqrt(aspect), sizePx / 2), sizePx * 2));
  const height = Math.round(Math.min(Math.max(sizePx / Math.sqrt(aspect), sizePx / 2), sizePx * 2));
  const data = new Uint8ClampedArray(width * height * 4);
  const light = random.uniform(0, 2 * Math.PI);
  for (const part of inventParts(random, width, height, surface)) paintPart(data, width, height, part, light);
  return makeSprite({ width, height, channels: 4, data });
}

function inventParts(random: Random, width: number, height: number, surface: Surface): Part[] {
  const bodyTexture = surface(width, height);
  const body: Part = {
    outline: inventOutline(random),
    x: width / 2,
    y: height / 2,
    radiusX: width * random.uniform(0.28, 0.46),
    radiusY: height * random.uniform(0.28, 0.46),
    angle: random.uniform(-0.4, 0.4),
    texture: bodyTexture,
    roundness: random.uniform(0, 1),
  };
  const mirrored = random.chance(0.4);
  const extras: Part[] = [];
  const count = random.integer(4);
  for (let i = 0; i < count; i++) {
    const direction = random.uniform(0, 2 * Math.PI);
    const reach = random.uniform(0.2, 0.95);
    const size = random.uniform(0.12, 0.5);
    const part: Part = {
      outline: inventOutline(random),
      x: body.x + Math.cos(direction) * body.radiusX * reach,
      y: body.y + Math.sin(direction) * body.radiusY * reach,
      radiusX: body.radiusX * size * random.uniform(0.5, 1.4),
      radiusY: body.radiusY * size * random.uniform(0.5, 1.4),
      angle: random.uniform(0, Math.PI),
      texture: random.chance(0.3) ? bodyTexture : surface(width, height),
      roundness: random.uniform(0, 1),
    };
    extras.push(part);
    if (mirrored) extras.push({ ...part, x: width - part.x, angle: -part.angle });
  }
  return random.chance(0.3) ? [...extras, body] : [body, ...extras];
}

/** Paints one part over what is there, its edge spread over a pixel, its shade that of a ball between flat and round. */
function paintPart(data: Uint8ClampedArray, width: number, height: number, part: Part, light: number): void {
  const { outline, texture, roundness } = part;
  const cos = Math.cos(part.angle);
  const sin = Math.sin(part.angle);
  const radius = Math.sqrt(part.radiusX * part.radiusY);
  const reach = Math.max(part.radiusX, part.radiusY) * 1.9 + 1;
  const lightX = Math.cos(light);
  const lightY = Math.sin(light);
  for (let y = Math.max(0, Math.floor(part.y - reach)); y < Math.min(height, part.y + reach); y++) {
    for (let x = Math.max(0, Math.floor(part.x - reach)); x < Math.min(width, part.x + reach); x++) {
      const dx = x + 0.5 - part.x;
      const dy = y + 0.5 - part.y;
      const u = (dx * cos + dy * sin) / part.radiusX;
      const v = (dy * cos - dx * sin) / part.radiusY;
      const distance = Math.sqrt(u * u + v * v);
      if (distance > 1.9) continue;
      const edge = outline(Math.atan2(v, u));
      const alpha = Math.min(Math.max((edge - distance) * radius + 0.5, 0), 1);
      if (alpha === 0) continue;
      const slope = Math.min(distance / edge, 1);
      const facing = (u * lightX + v * lightY) / edge;
      const shade = 1 + roundness * (0.45 * facing - 0.35 * slope * slope);
      const i = (y * width + x) * 4;
      const t = (y * texture.width + x) * 3;
      // Where nothing was, the edge keeps the part's full colour: alpha alone fades it out.
      const cover = data[i + 3] === 0 ? 1 : alpha;
      for (let c = 0; c < 3; c++)
        data[i + c] = data[i + c]! * (1 - cover) + texture.data[t + c]! * shade * cover;
      data[i + 3] = Math.max(data[i + 3]!, alpha * 255);
    }
  }
}

/** Surfaces out of nothing, one family of colours an object. */
export function proceduralSurface(random: Random, look: Look = anyLook): Surface {
  const base = inventColour(random, look);
  return (width, height) => inventTexture(random, width, height, random.chance(0.6) ? base : undefined, look);
}

/** Surfaces cut out of a photograph, each from another place. */
export function photoSurface(random: Random, photo: Frame): Surface {
  return (width, height) => {
    const zoom = Math.min(random.uniform(0.7, 1.6), (photo.width - 1) / width, (photo.height - 1) / height);
    const left = random.uniform(0, photo.width - 1 - width * zoom);
    const top = random.uniform(0, photo.height - 1 - height * zoom);
    const data = new Uint8ClampedArray(width * height * 3);
    for (let y = 0, o = 0; y < height; y++) {
      const row = Math.floor(top + y * zoom) * photo.width;
      for (let x = 0; x < width; x++, o += 3) {
        const i = (row + Math.floor(left + x * zoom)) * photo.channels;
        for (let c = 0; c < 3; c++) data[o + c] = photo.data[i + c]!;
      }
    }
    return { width, height, data };
  };
}
