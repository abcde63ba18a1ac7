import { float32, scalar, type Tensor } from "@lorat/graph";
import type { ModelConfig } from "../model/config.ts";
import { searchSizePx, templateSizePx } from "../model/variants.ts";
import type { TrainingBatch } from "./batch.ts";

/** A batch as the training-step graph is fed, without a copy. */
export function batchFeeds(
  batch: TrainingBatch,
  { model: { variant } }: { readonly model: Pick<ModelConfig, "variant"> },
): Record<string, Tensor<"float32">> {
  const { size } = batch;
  const picture = (data: Float32Array, side: number) => float32(data, [size, 3, side, side]);
  return {
    template: picture(batch.template, templateSizePx(variant)),
    search: picture(batch.search, searchSizePx(variant)),
    template_mask: float32(batch.templateMask, [size, variant.templateGrid ** 2]),
    positives: float32(batch.positives, [size, variant.searchGrid ** 2]),
    target_boxes: float32(batch.boxes, [size, 4]),
    positive_count: scalar(batch.positiveCount),
  };
}
