import { type ModelConfig, TrackingNetwork } from "@lorat/core/model";
import { type Device, Session } from "@lorat/graph";
import { forwardCase, type Results } from "./cases.ts";

/** What a tracker runs: the template embedded once, then searches of one target and of two; no node left to a CPU. */
export async function runTrackingNetwork(config: ModelConfig, device: Device): Promise<Results> {
  const { feeds, weights } = forwardCase(config, 1);
  const data = (name: string) => feeds[name]!.data as Float32Array;
  const network = new TrackingNetwork(
    { name: "small", config, weights: weights! },
    {
      device,
      createSession: (outputs, options) => Session.create(outputs, { ...options, noFallback: true }),
    },
  );
  try {
    const template = await network.embedTemplate(data("template"), data("template_mask"));
    const one = await network.search(template, data("search"), 1);
    const two = await network.search(twice(template), twice(data("search")), 2);
    return { score_map: one.scoreMap, boxes: one.boxes, score_maps: two.scoreMap, both_boxes: two.boxes };
  } finally {
    await network.dispose();
  }
}

function twice(values: Float32Array): Float32Array {
  return Float32Array.from({ length: 2 * values.length }, (_, i) => values[i % values.length]!);
}
