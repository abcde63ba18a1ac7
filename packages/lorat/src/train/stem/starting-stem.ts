import { mergedConfig, parametersOf, variantNamed } from "@lorat/core/model";
import {
  createRandom,
  initialStem,
  stemInputs,
  stemMoments,
  stemTrainable,
  type TeacherStatistics,
  unfoldedStem,
} from "@lorat/core/training";
import { type Device, float32, Session, type Tensor } from "@lorat/graph";
import { tensorReader } from "../stored-tensors.ts";
import type { StemRunConfig } from "./stem-config.ts";
import { type StemData, tallyCrops } from "./stem-crops.ts";
import { stemWeights } from "./stem-file.ts";

/** What {@link startingStem} is made from, beside its configuration. */
interface Material {
  readonly teacher: TeacherStatistics;
  readonly data: StemData;
  readonly device?: Device | undefined;
  readonly threads?: number | undefined;
}

/**
 * The stem before the first update: drawn at random, or the base's, its batch normalisations put back with the moments that they have on
 * training crops. Throws `STEM_WEIGHTS`, and what reading the base and making crops throw.
 */
export async function startingStem(
  config: StemRunConfig,
  { teacher, data, device, threads }: Material,
): Promise<Map<string, Tensor<"float32">>> {
  const { base, batchSize, sidePx, seed } = config;
  if (base === undefined) return initialStem(stemTrainable(config), teacher, createRandom(seed));
  const folded = await foldedBase(base);
  const session = await Session.create(stemMoments(config), { device, threads, weights: folded });
  const sums: Record<string, Float32Array> = {};
  let batches = 0;
  try {
    for await (const pixels of tallyCrops(data, config)) {
      const moments = await session.compute({
        [stemInputs.pixels]: float32(pixels, [batchSize, 3, sidePx, sidePx]),
      });
      for (const [name, { data: own }] of Object.entries(moments)) {
        sums[name] ??= new Float32Array(own.length);
        const sum = sums[name];
        for (let channel = 0; channel < sum.length; channel++) sum[channel]! += Number(own[channel]);
      }
      batches++;
    }
  } finally {
    await session.dispose();
  }
  const means = Object.entries(sums).map(([name, sum]) => [name, sum.map((value) => value / batches)]);
  return unfoldedStem(folded, Object.fromEntries(means));
}

/** The parameters of a base's stem, in memory. */
async function foldedBase(base: string): Promise<Map<string, Tensor<"float32">>> {
  const stored = await stemWeights(base, parametersOf(mergedConfig(variantNamed("nano"))));
  const reader = tensorReader();
  try {
    const folded = new Map<string, Tensor<"float32">>();
    for (const [name, tensor] of stored) folded.set(name, await reader.tensor(tensor));
    return folded;
  } finally {
    await reader.dispose();
  }
}
