import type { Corners, Frame } from "@lorat/core";
import { createRandom } from "@lorat/core/training";
import fc from "fast-check";
import { expect, it } from "vitest";
import { drawWarp, warpBox, warpFrame } from "./warp.ts";

/** A white rectangle on black. */
function rectangle(width: number, height: number, [x1, y1, x2, y2]: Corners): Frame {
  const data = new Uint8ClampedArray(width * height * 3);
  for (let y = y1; y < y2; y++)
    for (let x = x1; x < x2; x++) data.fill(255, (y * width + x) * 3, (y * width + x) * 3 + 3);
  return { width, height, channels: 3, data };
}

/** Middle and area of what is bright. */
function bright({ width, height, data }: Frame) {
  let [weight, x, y] = [0, 0, 0];
  for (let i = 0; i < width * height; i++) {
    weight += data[i * 3]!;
    x += data[i * 3]! * ((i % width) + 0.5);
    y += data[i * 3]! * (Math.floor(i / width) + 0.5);
  }
  return { x: x / weight, y: y / weight, area: weight };
}

it("moves the box with the picture's content", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const random = createRandom(seed);
      const box: Corners = [50, 40, 90, 70];
      const frame = rectangle(160, 120, box);
      const warp = { ...drawWarp(random, 1), gain: 1 };
      const warped = warpFrame(frame, warp, box, 32);
      const [x1, y1, x2, y2] = warpBox(box, frame, warped, warp);
      const found = bright(warped);
      expect(Math.abs(found.x - (x1 + x2) / 2)).toBeLessThan(0.4);
      expect(Math.abs(found.y - (y1 + y2) / 2)).toBeLessThan(0.4);
      expect(found.area / 255 / ((x2 - x1) * (y2 - y1))).toBeCloseTo(1, 1);
    }),
    { numRuns: 50 },
  );
});

it("shows large objects no larger than asked for", () => {
  const box: Corners = [20, 20, 140, 100];
  const frame = rectangle(160, 120, box);
  const still = { scaleX: 1, scaleY: 1, angleRad: 0, gain: 1 };
  const warped = warpFrame(frame, still, box, 32);
  const [x1, y1, x2, y2] = warpBox(box, frame, warped, still);
  expect(Math.sqrt((x2 - x1) * (y2 - y1))).toBeCloseTo(32, 0);
  const same = warpFrame(frame, still, [0, 0, 10, 10], 32);
  expect(
    same.data.every((value, i) => value === frame.data[i]),
    "small ones are left alone",
  ).toBe(true);
});
