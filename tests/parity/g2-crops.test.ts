import { describe, expect, it } from "vitest";
import type { Corners } from "../../packages/core/src/geometry/box.ts";
import { Cropper } from "../../packages/core/src/geometry/crop.ts";
import {
  cropParameters,
  searchCropParameters,
  toCrop,
} from "../../packages/core/src/geometry/crop-parameters.ts";
import type { Frame } from "../../packages/core/src/geometry/frame.ts";
import { writeForegroundMask } from "../../packages/core/src/geometry/grid.ts";
import { imageMean } from "../../packages/core/src/geometry/image-mean.ts";
import { nextStateBox, Postprocessor } from "../../packages/core/src/tracking/postprocess.ts";
import { fixtureJson, fixtureTensors, maxDifference } from "./fixtures.ts";

interface Run {
  init_box: Corners;
  template_size_wh: [number, number];
  search_size_wh: [number, number];
  area_factor_template: number;
  area_factor_search: number;
  min_object_size: number;
  window_weight: number;
}

const record = fixtureJson<Run>("g2_tracking_end_to_end");
const tensors = fixtureTensors("g2_tracking_end_to_end");
const data = (name: string) => tensors.get(name)!.data;
const video = tensors.get("frames_thwc_u8")!;
const [count, imageHeight, imageWidth] = video.shape as [number, number, number];

function frameAt(index: number): Frame {
  const size = imageHeight * imageWidth * 3;
  return {
    width: imageWidth,
    height: imageHeight,
    channels: 3,
    data: (video.data as Uint8Array).subarray(index * size, (index + 1) * size),
  };
}

describe("g2: the tracking run without its network", () => {
  it("template crop and mask", () => {
    const [width, height] = record.template_size_wh;
    const cropper = new Cropper({ width, height });
    const pixels = new Float32Array(cropper.length);
    const raw = cropParameters(record.init_box, record.area_factor_template, { width, height });
    const adjusted = cropper.crop(frameAt(0), raw, imageMean(frameAt(0)), pixels);
    const expected = data("expected.template_normalised") as Float32Array;
    expect(maxDifference(pixels, expected)).toBeLessThanOrEqual(1e-4);

    const mask = tensors.get("expected.template_mask")!;
    const [cells] = mask.shape as [number, number];
    const written = new Int32Array(cells ** 2);
    writeForegroundMask(toCrop(record.init_box, adjusted), { sizePx: width, cells }, written);
    expect([...written]).toEqual([...(mask.data as BigInt64Array)].map(Number));
  });

  it("first search crop, padded with the first frame's mean", () => {
    const [width, height] = record.search_size_wh;
    const cropper = new Cropper({ width, height });
    const pixels = new Float32Array(cropper.length);
    const raw = searchCropParameters(
      record.init_box,
      record.area_factor_search,
      { width, height },
      record.min_object_size,
    );
    cropper.crop(frameAt(1), raw, imageMean(frameAt(0)), pixels);
    const expected = data("expected.first_search_normalised") as Float32Array;
    expect(maxDifference(pixels, expected)).toBeLessThanOrEqual(1e-4);
  });

  it("boxes and confidences from the recorded maps", () => {
    const [width, height] = record.search_size_wh;
    const scores = tensors.get("expected.score_maps")!;
    const boxMaps = data("expected.boxes_normalised") as Float32Array;
    const [, cells] = scores.shape as [number, number, number];
    const { window_weight: windowWeight } = record;
    const postprocessor = new Postprocessor({ sizePx: width, cells }, { windowWeight });
    const cropper = new Cropper({ width, height });
    const pixels = new Float32Array(cropper.length);
    const padding = imageMean(frameAt(0));
    let state = record.init_box;
    const boxes: number[] = [...state];
    const confidences = [1];
    for (let i = 1; i < count; i++) {
      const raw = searchCropParameters(
        state,
        record.area_factor_search,
        { width, height },
        record.min_object_size,
      );
      const adjusted = cropper.crop(frameAt(i), raw, padding, pixels);
      const { box, score } = postprocessor.predict(
        { scoreMap: scores.data as Float32Array, boxes: boxMaps },
        adjusted,
        { width: imageWidth, height: imageHeight },
        i - 1,
      );
      state = nextStateBox(state, box, { width: imageWidth, height: imageHeight });
      boxes.push(...box);
      confidences.push(score);
    }
    expect(maxDifference(boxes, data("expected.final_boxes") as Float64Array)).toBeLessThanOrEqual(1e-4);
    const expected = data("expected.final_confidence") as Float64Array;
    expect(maxDifference(confidences, expected)).toBeLessThanOrEqual(1e-6);
  });
});
