import { describe, expect, it } from "vitest";
import type { Corners } from "../../packages/core/src/geometry/box.ts";
import { type CropOutput, Cropper } from "../../packages/core/src/geometry/crop.ts";
import { alignCrop } from "../../packages/core/src/geometry/crop-alignment.ts";
import {
  type CropParameters,
  cropParameters,
  inverseParameters,
  toCrop,
  toImage,
} from "../../packages/core/src/geometry/crop-parameters.ts";
import type { Frame } from "../../packages/core/src/geometry/frame.ts";
import {
  foregroundCells,
  rasteriseOnGrid,
  writeForegroundMask,
} from "../../packages/core/src/geometry/grid.ts";
import { type Colour, imageMean } from "../../packages/core/src/geometry/image-mean.ts";
import { jitteredCrop } from "../../packages/core/src/geometry/jittered-crop.ts";
import { fixtureJson, fixtureTensors, maxAbs, maxDifference } from "./fixtures.ts";

type Pair = [number, number];

interface CropCase {
  id: number;
  image: number;
  name: string;
  kind: string;
  area_factor: number;
  output_size_wh: Pair;
  box_xyxy: Corners;
  padding: "image mean" | Colour;
  params_scale: Pair;
  params_translation: Pair;
  adjusted_scale_f32: Pair;
  adjusted_translation_f32: Pair;
  box_in_crop: Corners;
  box_mapped_back: Corners;
  inverse_scale: Pair;
  inverse_translation: Pair;
  mask_grid_wh?: Pair;
  mask_cells_xyxy_raw?: Corners;
  mask_cells_xyxy_clipped?: Corners;
  mask?: number[][];
}

interface JitterCase {
  box: Corners;
  area_factor: number;
  output_size_wh: Pair;
  scale_jitter: number;
  translation_jitter: number;
  min_object_size: Pair;
  draws_in_order: (["normal", number[]] | ["uniform", number, number, number[]])[];
  attempts: number;
  success: boolean;
  params_scale: Pair;
  params_translation: Pair;
}

const PIXEL_TOLERANCE = 2e-3;

const { cases, jitter } = fixtureJson<{ cases: CropCase[]; jitter: JitterCase[] }>("f_cropping");
const tensors = fixtureTensors("f_cropping");

function frameOf(image: number): Frame {
  const tensor = tensors.get(`image_${image}_hwc_u8`)!;
  const [height, width, channels] = tensor.shape as [number, number, 3];
  return { width, height, channels, data: tensor.data as Uint8Array };
}

function withAlpha(frame: Frame): Frame {
  const data = new Uint8ClampedArray(frame.width * frame.height * 4);
  for (let i = 0; i < frame.width * frame.height; i++) {
    data.set(frame.data.subarray(i * 3, i * 3 + 3), i * 4);
    data[i * 4 + 3] = i % 256;
  }
  return { ...frame, channels: 4, data };
}

const scale = (p: CropParameters) => [p.scaleX, p.scaleY];
const translation = (p: CropParameters) => [p.translationX, p.translationY];
const relative = (actual: number[], expected: Pair) =>
  maxDifference(actual, expected) / Math.max(1, maxAbs(expected));

const sizeOf = ({ output_size_wh: [width, height] }: { output_size_wh: Pair }) => ({ width, height });

function cropped(c: CropCase, frame: Frame, output: CropOutput) {
  const cropper = new Cropper(sizeOf(c), output);
  const padding = c.padding === "image mean" ? imageMean(frame) : c.padding;
  const pixels = new Float32Array(cropper.length);
  const parameters = cropParameters(c.box_xyxy, c.area_factor, sizeOf(c));
  const adjusted = cropper.crop(frame, parameters, padding, pixels);
  return { pixels, parameters, adjusted };
}

describe("f: crop parameters and pixels", () => {
  for (const c of cases) {
    const label = `case ${c.id}: ${c.name}, ${c.kind}`;
    it(`${label}: parameters`, () => {
      const frame = frameOf(c.image);
      const raw = cropParameters(c.box_xyxy, c.area_factor, sizeOf(c));
      expect(relative(scale(raw), c.params_scale)).toBeLessThanOrEqual(1e-9);
      expect(relative(translation(raw), c.params_translation)).toBeLessThanOrEqual(1e-9);
      const adjusted = alignCrop(frame, raw, sizeOf(c)).parameters;
      expect(relative(scale(adjusted), c.adjusted_scale_f32)).toBeLessThanOrEqual(1e-6);
      expect(relative(translation(adjusted), c.adjusted_translation_f32)).toBeLessThanOrEqual(1e-6);
      const inverse = inverseParameters(adjusted);
      expect(relative(scale(inverse), c.inverse_scale)).toBeLessThanOrEqual(1e-6);
      expect(relative(translation(inverse), c.inverse_translation)).toBeLessThanOrEqual(1e-6);
      const inCrop = toCrop(c.box_xyxy, adjusted);
      expect(maxDifference(inCrop, c.box_in_crop)).toBeLessThanOrEqual(1e-6 * Math.max(1, maxAbs(inCrop)));
      // The fixture inverts in float32, this project in float64: the two differ by a rounding of the image's size.
      const back = toImage(inCrop, adjusted);
      expect(maxDifference(back, c.box_mapped_back)).toBeLessThanOrEqual(
        2e-6 * Math.max(frame.width, frame.height),
      );
    });

    it(`${label}: pixels, from three and four channels`, () => {
      const frame = frameOf(c.image);
      const expected = tensors.get(`case_${c.id}.crop_0_255`)!.data as Float32Array;
      expect(maxDifference(cropped(c, frame, "raw").pixels, expected)).toBeLessThanOrEqual(PIXEL_TOLERANCE);
      expect(maxDifference(cropped(c, withAlpha(frame), "raw").pixels, expected)).toBeLessThanOrEqual(
        PIXEL_TOLERANCE,
      );
    });

    const normalised = tensors.get(`case_${c.id}.crop_normalised`);
    if (normalised) {
      it(`${label}: normalised pixels`, () => {
        const { pixels } = cropped(c, frameOf(c.image), "normalised");
        expect(maxDifference(pixels, normalised.data as Float32Array)).toBeLessThanOrEqual(1e-4);
      });
    }

    if (c.mask && c.mask_grid_wh) {
      const { mask, mask_grid_wh: gridSize } = c;
      it(`${label}: foreground mask`, () => {
        const { adjusted } = cropped(c, frameOf(c.image), "raw");
        const inCrop = toCrop(c.box_xyxy, adjusted);
        const grid = { sizePx: c.output_size_wh[0], cells: gridSize[0] };
        expect([c.output_size_wh[1], gridSize[1]]).toEqual([grid.sizePx, grid.cells]);
        expect(rasteriseOnGrid(inCrop, grid)).toEqual(c.mask_cells_xyxy_raw);
        expect(foregroundCells(inCrop, grid)).toEqual(c.mask_cells_xyxy_clipped);
        const written = new Float32Array(grid.cells ** 2).fill(7);
        writeForegroundMask(inCrop, grid, written);
        expect([...written]).toEqual(mask.flat());
      });
    }
  }

  it("the padding colour is the mean of the whole image", () => {
    for (const image of new Set(cases.map((c) => c.image))) {
      const expected = tensors.get(`image_${image}_mean`)!.data as Float32Array;
      expect(maxDifference(imageMean(frameOf(image)), expected)).toBeLessThanOrEqual(2e-4);
    }
  });
});

describe("f: scale and translation jitter", () => {
  for (const [i, c] of jitter.entries()) {
    it(`draw ${i}: ${c.attempts} attempts, ${c.success ? "found" : "given up"}`, () => {
      const draws = c.draws_in_order.flatMap((draw) => {
        const kind = draw[0];
        const values = draw[0] === "normal" ? draw[1] : draw[3];
        return values.map((value) => ({ kind, value }));
      });
      let next = 0;
      const take = (kind: string) => {
        const draw = draws[next++];
        if (draw?.kind !== kind)
          throw new Error(`draw ${next - 1} is recorded as ${draw?.kind}, asked as ${kind}`);
        return draw.value;
      };
      const { parameters, success, attempts } = jitteredCrop(
        c.box,
        c.area_factor,
        sizeOf(c),
        { normal: () => take("normal"), uniform: () => take("uniform") },
        {
          scaleJitter: c.scale_jitter,
          translationJitter: c.translation_jitter,
          minObjectSizePx: c.min_object_size[0],
        },
      );
      expect(next).toBe(draws.length);
      expect({ success, attempts }).toEqual({ success: c.success, attempts: c.attempts });
      expect(relative(scale(parameters), c.params_scale)).toBeLessThanOrEqual(1e-9);
      expect(relative(translation(parameters), c.params_translation)).toBeLessThanOrEqual(1e-9);
    });
  }
});
