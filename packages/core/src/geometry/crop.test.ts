import { describe, expect, it } from "vitest";
import { Cropper } from "./crop.ts";
import type { Frame } from "./frame.ts";

const identity = { scaleX: 1, scaleY: 1, translationX: 0, translationY: 0 };

function ramp(width: number, height: number, channels: 3 | 4 = 3): Frame {
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      data[at] = x;
      data[at + 1] = y;
      data[at + 2] = 100;
    }
  }
  return { width, height, channels, data };
}

describe("Cropper", () => {
  it("copies pixels when nothing is scaled", () => {
    const cropper = new Cropper({ width: 5, height: 4 }, "raw");
    const pixels = new Float32Array(cropper.length);
    expect(cropper.crop(ramp(5, 4), identity, [0, 0, 0], pixels)).toEqual(identity);
    expect([...pixels.subarray(0, 5)]).toEqual([0, 1, 2, 3, 4]);
    expect([...pixels.subarray(20, 25)]).toEqual([0, 0, 0, 0, 0]);
    expect([...pixels.subarray(35, 40)]).toEqual([3, 3, 3, 3, 3]);
    expect(new Set(pixels.subarray(40))).toEqual(new Set([100]));
  });

  it("asks for the padding only where some of the crop lies outside the frame", () => {
    const cropper = new Cropper({ width: 4, height: 4 }, "raw");
    const pixels = new Float32Array(cropper.length);
    let asked = 0;
    const padding = () => {
      asked++;
      return [7, 8, 9] as const;
    };
    cropper.crop(ramp(8, 8), identity, padding, pixels);
    expect(asked).toBe(0);
    cropper.crop(ramp(8, 8), { ...identity, translationX: 2 }, padding, pixels);
    expect(asked).toBe(1);
    expect([pixels[0], pixels[16], pixels[32]]).toEqual([7, 8, 9]);
  });

  it("pads what lies outside the frame and leaves the rest of the target alone", () => {
    const cropper = new Cropper({ width: 4, height: 4 }, "raw");
    const pixels = new Float32Array(cropper.length + 5).fill(-1);
    cropper.crop(ramp(8, 8), { ...identity, translationX: 2, translationY: 2 }, [7, 8, 9], pixels, 3);
    expect([...pixels.subarray(0, 3)]).toEqual([-1, -1, -1]);
    expect([...pixels.subarray(-2)]).toEqual([-1, -1]);
    const red = pixels.subarray(3, 19);
    expect([...red]).toEqual([7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 1, 7, 7, 0, 1]);
    expect(pixels[3 + 16]).toBe(8);
    expect(pixels[3 + 32]).toBe(9);
  });

  it("halves and doubles with half-pixel centres", () => {
    const pixels = new Float32Array(12);
    new Cropper({ width: 2, height: 2 }, "raw").crop(
      ramp(4, 4),
      { ...identity, scaleX: 0.5, scaleY: 0.5 },
      [0, 0, 0],
      pixels,
    );
    expect([...pixels]).toEqual([0.5, 2.5, 0.5, 2.5, 0.5, 0.5, 2.5, 2.5, 100, 100, 100, 100]);
    const wide = new Float32Array(3 * 4 * 4);
    new Cropper({ width: 4, height: 4 }, "raw").crop(
      ramp(2, 2),
      { ...identity, scaleX: 2, scaleY: 2 },
      [0, 0, 0],
      wide,
    );
    expect([...wide.subarray(0, 4)]).toEqual([0, 0.25, 0.75, 1]);
  });

  it("normalises in the reference's order to within rounding, padding included", () => {
    const raw = new Float32Array(3 * 6 * 6);
    const normalised = new Float32Array(3 * 6 * 6);
    const p = { scaleX: 0.7, scaleY: 0.9, translationX: 1.3, translationY: -0.4 };
    new Cropper({ width: 6, height: 6 }, "raw").crop(ramp(7, 9, 4), p, [90, 120, 60], raw);
    new Cropper({ width: 6, height: 6 }).crop(ramp(7, 9, 4), p, [90, 120, 60], normalised);
    const mean = [0.485, 0.456, 0.406];
    const std = [0.229, 0.224, 0.225];
    for (let i = 0; i < raw.length; i++) {
      const c = Math.floor(i / 36);
      expect(normalised[i]).toBeCloseTo((raw[i]! / 255 - mean[c]!) / std[c]!, 5);
    }
  });

  it("gives plain padding when the frame is nowhere in the crop", () => {
    const pixels = new Float32Array(12);
    new Cropper({ width: 2, height: 2 }, "raw").crop(
      ramp(4, 4),
      { ...identity, translationX: 99 },
      [1, 2, 3],
      pixels,
    );
    expect([...pixels]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
  });

  it("says what is wrong with sizes, targets and frames", () => {
    expect(() => new Cropper({ width: 0, height: 4 })).toThrow(
      expect.objectContaining({ code: "CROP_SIZE" }),
    );
    const cropper = new Cropper({ width: 4, height: 4 });
    const short = new Float32Array(cropper.length - 1);
    expect(() => cropper.crop(ramp(4, 4), identity, [0, 0, 0], short)).toThrow(
      expect.objectContaining({ code: "CROP_TARGET" }),
    );
    const broken = { ...ramp(4, 4), height: 5 };
    expect(() => cropper.crop(broken, identity, [0, 0, 0], new Float32Array(48))).toThrow(
      expect.objectContaining({ code: "FRAME_FORM" }),
    );
  });
});
