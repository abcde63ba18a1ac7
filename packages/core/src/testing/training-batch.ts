import { type ModelConfig, mergedConfig } from "../model/config.ts";
import { searchSizePx, templateCount, templateSizePx, type Variant } from "../model/variants.ts";
import { createRandom } from "../random.ts";
import type { TrainingBatch } from "../training/batch.ts";

/** A network that trains in moments. */
export const tinyVariant: Variant = {
  name: "tiny",
  dim: 32,
  depth: 2,
  heads: 2,
  ffn: "gelu",
  hidden: 64,
  patchSize: 8,
  templateGrid: 2,
  searchGrid: 4,
  templateAreaFactor: 2,
  searchAreaFactor: 4,
  dropPath: 0,
};

export const tinyConfig: ModelConfig = mergedConfig(tinyVariant);

/** A batch of noise whose targets lie around the middle, the same for the same seed. */
export function noiseBatch(variant: Variant, size: number, seed: number): TrainingBatch {
  const random = createRandom(seed);
  const noise = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  const cells = variant.searchGrid ** 2;
  const positives = new Float32Array(size * cells);
  const boxes = new Float32Array(size * 4);
  let count = 0;
  for (let sample = 0; sample < size; sample++) {
    const box = [
      random.uniform(0.1, 0.4),
      random.uniform(0.1, 0.4),
      random.uniform(0.6, 0.9),
      random.uniform(0.6, 0.9),
    ];
    boxes.set(box, sample * 4);
    for (let cell = 0; cell < cells; cell++) {
      const x = ((cell % variant.searchGrid) + 0.5) / variant.searchGrid;
      const y = (Math.floor(cell / variant.searchGrid) + 0.5) / variant.searchGrid;
      if (x < box[0]! || x > box[2]! || y < box[1]! || y > box[3]!) continue;
      positives[sample * cells + cell] = 1;
      count++;
    }
  }
  const mask = () => Float32Array.from({ length: size * variant.templateGrid ** 2 }, (_, i) => i % 2);
  return {
    size,
    ...(templateCount(variant) > 1 && {
      reference: noise(size * 3 * templateSizePx(variant) ** 2),
      referenceMask: mask(),
    }),
    template: noise(size * 3 * templateSizePx(variant) ** 2),
    search: noise(size * 3 * searchSizePx(variant) ** 2),
    templateMask: mask(),
    positives,
    boxes,
    positiveCount: Math.max(count, 1),
  };
}
