import fc from "fast-check";
import { expect, it } from "vitest";
import { imageMean } from "./image-mean.ts";

it("is the plain mean for any size, number of channels and place in memory", () => {
  const frames = fc.record({
    width: fc.integer({ min: 1, max: 70 }),
    height: fc.integer({ min: 1, max: 40 }),
    channels: fc.constantFrom(3 as const, 4 as const),
    offset: fc.integer({ min: 0, max: 5 }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 600 }),
  });
  fc.assert(
    fc.property(frames, ({ width, height, channels, offset, bytes }) => {
      const length = width * height * channels;
      const data = new Uint8Array(offset + length).subarray(offset);
      for (let i = 0; i < length; i++) data[i] = bytes[i % bytes.length]!;
      const mean = imageMean({ width, height, channels, data });
      for (const c of [0, 1, 2] as const) {
        let sum = 0;
        for (let pixel = 0; pixel < width * height; pixel++) sum += data[pixel * channels + c]!;
        expect(mean[c]).toBe(sum / (width * height));
      }
    }),
  );
});

it.each([3, 4] as const)("does not overflow where every byte of %i channels is the largest", (channels) => {
  const [width, height] = [640, 360];
  const data = new Uint8Array(width * height * channels).fill(255);
  expect(imageMean({ width, height, channels, data })).toEqual([255, 255, 255]);
});
