import { float32, sizeOf, type Tensor } from "@lorat/graph";
import type { ModelConfig } from "../model/config.ts";
import { dropPathKind, dropPathShape, subsetSize } from "../model/drop-path.ts";
import { createRandom } from "../random.ts";

/** Keeps these draws apart from those of the samples, which are seeded by `(seed, step, index)`. */
const stream = 0x64726f70;

/**
 * The random choices of drop path for one forward pass, as the training-step graph is fed them; undefined for a variant
 * without drop path. Every branch of every block draws anew: per sample 1 / keep or 0, or the rows of a random subset of
 * the batch as one-hot (specification section 1.1). They depend on `(seed, pass)` alone, `pass` counting forward passes
 * from the start of the training.
 */
export function dropPathChoices(
  { variant }: Pick<ModelConfig, "variant">,
  batch: number,
  seed: number,
  pass: number,
): Tensor<"float32"> | undefined {
  const { depth, dropPath } = variant;
  const kind = dropPathKind(dropPath);
  if (kind === "none") return undefined;
  const random = createRandom(seed, stream, pass, 0);
  const shape = dropPathShape(depth, batch, dropPath);
  const choices = new Float32Array(sizeOf(shape));
  const keep = 1 - dropPath;
  const size = subsetSize(batch, dropPath);
  for (let branch = 0; branch < depth * 2; branch++) {
    if (kind === "sample") {
      for (let i = 0; i < batch; i++) choices[branch * batch + i] = random.chance(keep) ? 1 / keep : 0;
    } else {
      const chosen = random.permutation(batch).slice(0, size);
      chosen.forEach((sample, row) => {
        choices[(branch * size + row) * batch + sample] = 1;
      });
    }
  }
  return float32(choices, shape);
}
