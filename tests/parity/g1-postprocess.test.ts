import { describe, expect, it } from "vitest";
import type { Corners } from "../../packages/core/src/geometry/box.ts";
import { alignCrop } from "../../packages/core/src/geometry/crop-alignment.ts";
import { searchCropParameters } from "../../packages/core/src/geometry/crop-parameters.ts";
import { hannWindow } from "../../packages/core/src/geometry/grid.ts";
import { nextStateBox, Postprocessor } from "../../packages/core/src/tracking/postprocess.ts";
import { fixtureJson, fixtureTensors, maxAbs, maxDifference } from "./fixtures.ts";

interface RecordedFrame {
  frame: number;
  box: Corners;
  confidence: number;
  /** Absent after the last frame. */
  state_box_after: Corners | null;
  crop_params_adjusted: [[number, number], [number, number]];
}

interface Run {
  image_size_wh: [number, number];
  search_size_wh: [number, number];
  map_wh: [number, number];
  area_factor: number;
  min_object_size: number;
  window_weight: number;
  init_box: Corners;
  frames: RecordedFrame[];
  frames_without_window: RecordedFrame[];
  final_boxes_incl_frame0: Corners[];
  final_confidence_incl_frame0: number[];
}

const record = fixtureJson<Run>("g1_postprocess_given_maps");
const tensors = fixtureTensors("g1_postprocess_given_maps");
const scoreMaps = tensors.get("score_maps")!.data as Float32Array;
const boxMaps = tensors.get("boxes")!.data as Float32Array;
const [cells] = record.map_wh;
const [width, height] = record.search_size_wh;
const image = { width: record.image_size_wh[0], height: record.image_size_wh[1] };

function replay(frames: RecordedFrame[], windowWeight: number) {
  const postprocessor = new Postprocessor({ sizePx: width, cells }, { windowWeight });
  let state = record.init_box;
  return frames.map((expected, index) => {
    const raw = searchCropParameters(state, record.area_factor, { width, height }, record.min_object_size);
    const { parameters } = alignCrop(image, raw, { width, height });
    const prediction = postprocessor.predict(
      { scoreMap: scoreMaps, boxes: boxMaps },
      parameters,
      image,
      index,
    );
    state = nextStateBox(state, prediction.box, image);
    return { expected, parameters, prediction, state };
  });
}

describe("g1: post-processing of given maps", () => {
  it("Hann window", () => {
    const expected = tensors.get("hann_window")!.data as Float32Array;
    expect(maxDifference(hannWindow(cells), expected)).toBeLessThanOrEqual(1e-6);
  });

  for (const [name, frames, weight] of [
    [`window ${record.window_weight}`, record.frames, record.window_weight],
    ["no window", record.frames_without_window, 0],
  ] as const) {
    for (const { expected, parameters, prediction, state } of replay(frames, weight)) {
      it(`${name}, frame ${expected.frame}`, () => {
        const recorded = expected.crop_params_adjusted.flat();
        const ours = [parameters.scaleX, parameters.scaleY, parameters.translationX, parameters.translationY];
        expect(maxDifference(ours, recorded) / Math.max(1, maxAbs(recorded))).toBeLessThanOrEqual(1e-6);
        expect(maxDifference(prediction.box, expected.box)).toBeLessThanOrEqual(1e-4);
        expect(Math.abs(prediction.score - expected.confidence)).toBeLessThanOrEqual(1e-6);
        if (expected.state_box_after) {
          expect(maxDifference(state, expected.state_box_after)).toBeLessThanOrEqual(1e-4);
        }
      });
    }
  }

  it("the whole run, first frame included", () => {
    const run = replay(record.frames, record.window_weight).map(({ prediction }) => prediction);
    const boxes = [record.init_box, ...run.map(({ box }) => box)].flat();
    expect(maxDifference(boxes, record.final_boxes_incl_frame0.flat())).toBeLessThanOrEqual(1e-4);
    const scores = [1, ...run.map(({ score }) => score)];
    expect(maxDifference(scores, record.final_confidence_incl_frame0)).toBeLessThanOrEqual(1e-6);
  });
});
