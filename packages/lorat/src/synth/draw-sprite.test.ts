import { createRandom } from "@lorat/core/training";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCanvas } from "./canvas.ts";
import { drawSprite, type Pose, spriteArea, spriteBox } from "./draw-sprite.ts";
import { inventObject } from "./object.ts";
import { makeSprite } from "./sprite.ts";

const pose = fc.record({
  x: fc.double({ min: 60, max: 100, noNaN: true }),
  y: fc.double({ min: 60, max: 100, noNaN: true }),
  scaleX: fc.double({ min: 0.4, max: 1.5, noNaN: true }),
  scaleY: fc.double({ min: 0.4, max: 1.5, noNaN: true }),
  angleRad: fc.double({ min: -3, max: 3, noNaN: true }),
  mirrored: fc.boolean(),
});

describe("spriteBox", () => {
  it("bounds the pixels that are drawn", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), pose, (seed, at) => {
        const sprite = inventObject(createRandom(seed), 50);
        const canvas = createCanvas(160, 160);
        drawSprite(canvas, sprite, at, { gain: [1, 1, 1] }, 1);
        const drawn = bounds(canvas.owners, 160);
        const box = spriteBox(sprite, at);
        // Pixels are whole, edges soft, and a thin tip may be drawn too faintly to own a pixel.
        for (const side of [0, 1, 2, 3])
          expect(Math.abs(drawn[side]! - box[side]!), `side ${side}`).toBeLessThan(3);
        const count = canvas.owners.reduce((a, b) => a + b, 0);
        expect(count / spriteArea(sprite, at)).toBeGreaterThan(0.75);
        expect(count / spriteArea(sprite, at)).toBeLessThan(1.25);
      }),
      { numRuns: 60 },
    );
  });

  it("is the middle of the exposure when the sprite is smeared", () => {
    const sprite = inventObject(createRandom(4), 40);
    const at: Pose = { x: 80, y: 80, scaleX: 1, scaleY: 1, angleRad: 0.3 };
    const canvas = createCanvas(160, 160);
    drawSprite(canvas, sprite, at, { gain: [1, 1, 1], smear: [24, 6] }, 1);
    const drawn = bounds(canvas.owners, 160);
    const box = spriteBox(sprite, at);
    for (const side of [0, 1, 2, 3]) expect(Math.abs(drawn[side]! - box[side]!)).toBeLessThan(2.5);
  });
});

describe("makeSprite", () => {
  it("trims to what is opaque and refuses what is empty", () => {
    const data = new Uint8ClampedArray(20 * 10 * 4);
    for (let x = 5; x < 12; x++) data.set([10, 20, 30, 255], (3 * 20 + x) * 4);
    const sprite = makeSprite({ width: 20, height: 10, channels: 4, data });
    expect({ width: sprite.width, height: sprite.height, area: sprite.area }).toEqual({
      width: 7,
      height: 1,
      area: 7,
    });
    const empty = { width: 4, height: 4, channels: 4, data: new Uint8ClampedArray(64) } as const;
    expect(() => makeSprite(empty)).toThrow(/no opaque pixel/);
  });
});

function bounds(owners: Uint8Array, width: number): [number, number, number, number] {
  let [x1, y1, x2, y2] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  owners.forEach((owner, i) => {
    if (owner === 0) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    [x1, y1, x2, y2] = [Math.min(x1, x), Math.min(y1, y), Math.max(x2, x + 1), Math.max(y2, y + 1)];
  });
  return [x1, y1, x2, y2];
}
