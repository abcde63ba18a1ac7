import type { Colour } from "@lorat/core/geometry";
import type { Random } from "@lorat/core/training";
import { anyLook, type Look } from "./domain.ts";

/** A colour as found on real things: mostly muted, any hue, 0..255. */
export function inventColour(random: Random, { saturation, lightness }: Look = anyLook): Colour {
  const colourful = within(saturation, random.uniform() ** 1.5);
  return fromHsl(random.uniform(), colourful, within(lightness, random.uniform()));
}

function within([least, most]: readonly [number, number], share: number): number {
  return least + (most - least) * share;
}

/** A colour not far from another. */
export function nearbyColour([r, g, b]: Colour, random: Random, spread: number): Colour {
  const light = random.normal(0, spread);
  const shift = (value: number) => Math.min(Math.max(value + light + random.normal(0, spread * 0.4), 0), 255);
  return [shift(r), shift(g), shift(b)];
}

/** Hue, saturation and lightness, each 0..1, to RGB in 0..255. */
function fromHsl(hue: number, saturation: number, lightness: number): Colour {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n: number) => {
    const k = (n + hue * 12) % 12;
    return 255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}
