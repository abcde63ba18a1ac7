import { float32, sizeOf, type Tensor } from "@lorat/graph";
import type { ModelConfig } from "../model/config.ts";
import { dropPathKind, dropPathShape, subsetSize } from "../model/drop-path.ts";
import { createRandom } from "../random.ts";
import type { Share } from "./exchange.ts";

/** Keeps these draws apart from those of the samples, which are seeded by `(seed, step, index)`. */
const stream = 0x64726f70;

/**
 * The random choices of drop path for one forward pass, as the training-step graph is fed them; undefined for a variant
 * without drop path. Every branch of every block draws anew: per sample 1 / keep or 0, or the rows of a random subset of
 * the batch as one-hot (specification section 1.1). They depend on `(seed, pass)` alone, `pass` counting forward passes
 * from the start of the training: a rank draws those of the whole batch and takes its samples' (`share`).
 */
export function dropPathChoices(
  { variant }: Pick<ModelConfig, "variant">,
  batch: number,
  seed: number,
  pass: number,
  { rank, ranks }: Share = { rank: 0, ranks: 1 },
): Tensor<"float32"> | undefined {
  const { depth, dropPath } = variant;
  const kind = dropPathKind(dropPath);
  if (kind === "none") return undefined;
  const random = createRandom(seed, stream, pass, 0);
  const own = batch / ranks;
  const first = rank * own;
  const shape = dropPathShape(depth, own, dropPath, batch);
  const choices = new Float32Array(sizeOf(shape));
  const keep = 1 - dropPath;
  const size = subsetSize(batch, dropPath);
  const rows = shape[2]!;
  for (let branch = 0; branch < depth * 2; branch++) {
    if (kind === "sample") {
      for (let i = 0; i < batch; i++) {
        const factor = random.chance(keep) ? 1 / keep : 0;
        if (i >= first && i < first + own) choices[branch * own + i - first] = factor;
      }
    } else {
      const chosen = random.permutation(batch).slice(0, size);
      const mine = chosen.filter((sample) => sample >= first && sample < first + own);
      mine.forEach((sample, row) => {
        choices[(branch * rows + row) * own + sample - first] = 1;
      });
    }
  }
  return float32(choices, shape);
}
