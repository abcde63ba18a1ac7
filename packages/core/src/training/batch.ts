import { float32, LoratError, scalar, type Tensor } from "@lorat/graph";
import { inputNames, targetNames } from "../graph-names.ts";
import type { ModelConfig } from "../model/config.ts";
import { searchSizePx, templateCount, templateSizePx } from "../model/variants.ts";

/** Sizes that the crops of a variant have. All squares: pixels a side, cells a side. */
export interface CropGeometry {
  readonly patchSize: number;
  readonly templateSizePx: number;
  readonly templateGrid: number;
  readonly searchSizePx: number;
  readonly searchGrid: number;
  readonly templateAreaFactor: number;
  readonly searchAreaFactor: number;
  /** Recent views of the target beside the template, 0 (default) or 1. */
  readonly references?: number | undefined;
}

/** One batch of training pairs, as the training-step graph takes it. `N = grid * grid`, row-major cells. */
export interface TrainingBatch {
  readonly size: number;
  /** `[size, 3, templateSizePx, templateSizePx]`, ImageNet-normalised RGB. */
  readonly template: Float32Array;
  /** `[size, 3, searchSizePx, searchSizePx]`, ImageNet-normalised RGB. */
  readonly search: Float32Array;
  /** `[size, templateGrid ** 2]`, 1 where the template cell shows the target, else 0. */
  readonly templateMask: Float32Array;
  /** `[size, 3, templateSizePx, templateSizePx]` and `[size, templateGrid ** 2]`: a recent view of the target, for networks with a reference. */
  readonly reference?: Float32Array | undefined;
  readonly referenceMask?: Float32Array | undefined;
  /** `[size, searchGrid ** 2]`, 1 on every search cell that the target's box touches, else 0. */
  readonly positives: Float32Array;
  /** `[size, 4]`, the target's `[x1, y1, x2, y2]` as fractions of the search crop; zeros where it is absent. */
  readonly boxes: Float32Array;
  /** Number of positive cells in the batch, at least 1. */
  readonly positiveCount: number;
}

/** A batch as the training-step graph is fed, without a copy. */
export function batchFeeds(
  batch: TrainingBatch,
  { model: { variant } }: { readonly model: Pick<ModelConfig, "variant"> },
): Record<string, Tensor<"float32">> {
  const { size } = batch;
  const { reference, referenceMask } = batch;
  if (templateCount(variant) > 1 && !(reference && referenceMask)) {
    throw new LoratError(
      "BATCH_REFERENCE",
      "the network compares with a recent view of the target: the batch has none",
    );
  }
  const picture = (data: Float32Array, side: number) => float32(data, [size, 3, side, side]);
  return {
    [inputNames.template]: picture(batch.template, templateSizePx(variant)),
    [inputNames.search]: picture(batch.search, searchSizePx(variant)),
    [inputNames.templateMask]: float32(batch.templateMask, [size, variant.templateGrid ** 2]),
    ...(reference &&
      referenceMask && {
        [inputNames.reference]: picture(reference, templateSizePx(variant)),
        [inputNames.referenceMask]: float32(referenceMask, [size, variant.templateGrid ** 2]),
      }),
    [targetNames.positives]: float32(batch.positives, [size, variant.searchGrid ** 2]),
    [targetNames.boxes]: float32(batch.boxes, [size, 4]),
    [targetNames.positiveCount]: scalar(batch.positiveCount),
  };
}
