import type { Colour } from "@lorat/core/geometry";
import { makeSprite, type Sprite } from "../sprite.ts";

/** A rounded rectangle in fractions of the vehicle: front at 1, left side at 0. */
interface Panel {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly round: number;
  readonly colour: Colour;
}

const GLASS: Colour = [34, 42, 52];

/** A car from above, driving to the right, `length` pixels long. */
export function car(length: number, paint: Colour): Sprite {
  const roof = shade(paint, 1.12);
  return vehicle(length, 0.46, [
    { from: [0, 0.04], to: [1, 0.96], round: 0.3, colour: shade(paint, 0.82) },
    { from: [0.02, 0.1], to: [0.98, 0.9], round: 0.28, colour: paint },
    { from: [0.14, 0.13], to: [0.72, 0.87], round: 0.22, colour: GLASS },
    { from: [0.25, 0.17], to: [0.57, 0.83], round: 0.12, colour: roof },
    { from: [0.95, 0.12], to: [0.99, 0.3], round: 0.02, colour: [235, 230, 205] },
    { from: [0.95, 0.7], to: [0.99, 0.88], round: 0.02, colour: [235, 230, 205] },
    { from: [0.005, 0.12], to: [0.03, 0.32], round: 0.02, colour: [150, 30, 26] },
    { from: [0.005, 0.68], to: [0.03, 0.88], round: 0.02, colour: [150, 30, 26] },
  ]);
}

/** A delivery van from above, driving to the right. */
export function van(length: number, paint: Colour): Sprite {
  return vehicle(length, 0.42, [
    { from: [0, 0.02], to: [1, 0.98], round: 0.16, colour: shade(paint, 0.78) },
    { from: [0.01, 0.06], to: [0.76, 0.94], round: 0.06, colour: paint },
    { from: [0.78, 0.1], to: [0.9, 0.9], round: 0.08, colour: GLASS },
    { from: [0.3, 0.3], to: [0.46, 0.7], round: 0.02, colour: shade(paint, 0.9) },
  ]);
}

/** Panels are drawn at twice the size that is shown, so that their edges stay clean when the vehicle turns. */
function vehicle(length: number, proportion: number, panels: readonly Panel[]): Sprite {
  const width = Math.round(length * 2);
  const height = Math.round(length * 2 * proportion);
  const data = new Uint8ClampedArray(width * height * 4);
  for (const panel of panels) paintPanel(data, width, height, panel);
  return makeSprite({ width, height, channels: 4, data });
}

function paintPanel(
  data: Uint8ClampedArray,
  width: number,
  height: number,
  { from, to, round, colour }: Panel,
): void {
  const middleX = ((from[0] + to[0]) / 2) * width;
  const middleY = ((from[1] + to[1]) / 2) * height;
  const halfX = ((to[0] - from[0]) / 2) * width;
  const halfY = ((to[1] - from[1]) / 2) * height;
  const radius = Math.min(round * height, halfX, halfY);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dx = Math.max(Math.abs(x + 0.5 - middleX) - halfX + radius, 0);
      const dy = Math.max(Math.abs(y + 0.5 - middleY) - halfY + radius, 0);
      const alpha = Math.min(Math.max(radius - Math.hypot(dx, dy) + 0.5, 0), 1);
      if (alpha === 0) continue;
      const i = (y * width + x) * 4;
      // Sheet metal is brightest along the side that faces the sun.
      const light = 1.1 - 0.22 * (y / height) - 0.06 * (x / width);
      const cover = data[i + 3] === 0 ? 1 : alpha;
      for (let c = 0; c < 3; c++) data[i + c] = data[i + c]! * (1 - cover) + colour[c]! * light * cover;
      data[i + 3] = Math.max(data[i + 3]!, alpha * 255);
    }
  }
}

function shade([red, green, blue]: Colour, factor: number): Colour {
  return [red * factor, green * factor, blue * factor];
}
