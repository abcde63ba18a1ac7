import type { Corners, Frame } from "@lorat/core";
import { Cropper, cropParameters, fromCorners, imageMean } from "@lorat/core/geometry";
import { createTracker } from "@lorat/core/model";
import { float32, type Tensor } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { fixtureJson, fixtureTensors, maxDifference } from "./fixtures.ts";
import { forwardRecording, recordedLora } from "./networks.ts";

interface RecordedTracking {
  weights: string;
  init_box: [number, number, number, number];
  frames: { frame: number; box: number[]; confidence: number }[];
}

describe("tracking loop as the reference ran it", () => {
  const json = fixtureJson<RecordedTracking>("g2_tracking_end_to_end");
  const tensors = fixtureTensors("g2_tracking_end_to_end");
  const { config, weights } = forwardRecording(json.weights.includes("swiglu") ? "swiglu" : "gelu");
  const variant = { ...recordedLora(config).variant, templateAreaFactor: 2, searchAreaFactor: 4 };
  // The recording's weights differ from the forward pass by a number that only its description names.
  const shift = Number(
    /([\d.]+) subtracted from every element of head\.reg_mlp\.layers\.2\.bias/.exec(json.weights)?.[1],
  );
  const bias = weights.get("head.reg_mlp.layers.2.bias") as Tensor<"float32">;
  weights.set(
    "head.reg_mlp.layers.2.bias",
    float32(
      bias.data.map((value) => value - shift),
      bias.shape,
    ),
  );
  const video = tensors.get("frames_thwc_u8")!;
  const [count, height, width] = video.shape as [number, number, number];
  const frames = Array.from({ length: count }, (_, i): Frame => {
    const bytes = width * height * 3;
    return {
      width,
      height,
      channels: 3,
      data: (video.data as Uint8Array).subarray(i * bytes, (i + 1) * bytes),
    };
  });

  it("cuts the recorded template", () => {
    const size = variant.templateGrid * variant.patchSize;
    const cropper = new Cropper({ width: size, height: size });
    const pixels = new Float32Array(cropper.length);
    const wished = cropParameters(json.init_box as Corners, variant.templateAreaFactor, cropper.size);
    cropper.crop(frames[0]!, wished, imageMean(frames[0]!), pixels);
    const recorded = tensors.get("expected.template_normalised")!.data as Float32Array;
    expect(maxDifference(pixels, recorded)).toBeLessThanOrEqual(1e-4);
  });

  it("gives the recorded boxes and confidences", async () => {
    expect(Number.isFinite(shift)).toBe(true);
    const model = { name: "recorded", config: { ...recordedLora(config), variant }, weights };
    const tracker = await createTracker(model, { device: "cpu" });
    const target = await tracker.start(frames[0]!, fromCorners(json.init_box));
    for (const recorded of json.frames) {
      const { raw } = await target.track(frames[recorded.frame]!);
      expect(maxDifference(raw.box, recorded.box), `box of frame ${recorded.frame}`).toBeLessThanOrEqual(
        5e-3,
      );
      expect(
        Math.abs(raw.score - recorded.confidence),
        `confidence of ${recorded.frame}`,
      ).toBeLessThanOrEqual(1e-5);
    }
    await tracker.dispose();
  });
});
