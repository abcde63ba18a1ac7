import { type CropGeometry, createRandom, type Random } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { at } from "./crop-augmentation.ts";
import type { DataManifest } from "./data-manifest.ts";
import { FrameStore, type SharedPictures } from "./frame-store.ts";
import { type MixConfig, SOURCE_NAMES, type SourceName, strengthAt } from "./mix.ts";
import type { Pair, Source } from "./pair.ts";
import { allocateBatch, type BatchArrays, SampleWriter } from "./sample.ts";
import { boxedPhotos } from "./sources/boxed-photos.ts";
import { clips } from "./sources/clips.ts";
import { composites } from "./sources/composites.ts";
import { photoRegions } from "./sources/photo-regions.ts";

/** All that a worker needs to make any batch of a run; plain data and shared memory. */
export interface BatchPlan {
  readonly geometry: CropGeometry;
  readonly batchSize: number;
  readonly seed: number;
  readonly mix: MixConfig;
  readonly manifest: DataManifest;
  readonly pictures: SharedPictures;
}

/** A finished batch: its arrays and where its samples came from. */
export interface MadeBatch extends BatchArrays {
  readonly step: number;
  readonly positiveCount: number;
  readonly sources: readonly SourceName[];
}

/** Samples whose pairs are drawn at the same time, so that decoding overlaps. */
const DRAWN_TOGETHER = 4;
const MAX_REDRAWS = 64;

/**
 * Makes the batches of a run in any order. Sample `i` of step `s` depends on `(seed, s, i)` alone, so it does not matter
 * which thread makes it or what was made before.
 */
export function createBatchMaker(plan: BatchPlan) {
  const { geometry, batchSize, seed, mix, manifest } = plan;
  const store = new FrameStore(plan.pictures);
  const writer = new SampleWriter(geometry, mix);
  const sources: Record<SourceName, Source> = {
    photoRegions: photoRegions(store, manifest.photos),
    boxedPhotos: boxedPhotos(store, manifest.boxed),
    clips: clips(store, manifest.clips, { maxGap: mix.clipGap, caps: mix.clipCaps, absentShare: 0 }),
    composites: composites(store, manifest),
  };
  const weightsAt = (strength: number) =>
    SOURCE_NAMES.map((name) => (sources[name].size > 0 ? Math.max(at(mix.weights[name], strength), 0) : 0));

  const draw = async (random: Random, strength: number): Promise<{ pair: Pair; name: SourceName }> => {
    let weights = weightsAt(strength);
    // At the easy end only sources without data may be wanted; the procedural one needs none.
    if (weights.every((weight) => weight === 0))
      weights = SOURCE_NAMES.map((name) => (name === "composites" ? 1 : 0));
    for (let attempt = 0; attempt < MAX_REDRAWS; attempt++) {
      const name = SOURCE_NAMES[random.weighted(weights)]!;
      const pair = await sources[name].draw({ random, strength });
      if (pair) return { pair, name };
    }
    throw new LoratError("DATA_NO_PAIR", `no usable training pair came out of ${MAX_REDRAWS} draws`, {
      hint: "Check that the boxes lie inside their pictures and are not tiny.",
    });
  };

  const drawSample = async (random: Random, strength: number) => {
    const { pair, name } = await draw(random, strength);
    if (!random.chance(at(mix.absent, strength))) return { pair, name };
    const { pair: other } = await draw(random, strength);
    return { pair: { template: pair.template, search: { ...other.search, present: false } }, name };
  };

  return {
    /** Files decoded by this maker so far. */
    decoded: () => store.decoded,
    /** Makes the batch of one step. Throws `DATA_IMAGE` naming a file that cannot be decoded, and `DATA_NO_PAIR`. */
    async make(step: number): Promise<MadeBatch> {
      const strength = strengthAt(step, mix.curriculum);
      const arrays = allocateBatch(batchSize, geometry);
      const names: SourceName[] = [];
      for (let start = 0; start < batchSize; start += DRAWN_TOGETHER) {
        const indices = Array.from(
          { length: Math.min(DRAWN_TOGETHER, batchSize - start) },
          (_, i) => start + i,
        );
        const randoms = indices.map((index) => createRandom(seed, step, index));
        const drawn = await Promise.all(randoms.map((random) => drawSample(random, strength)));
        for (let i = 0; i < indices.length; i++) {
          let sample = drawn[i]!;
          for (
            let attempt = 1;
            !writer.write(sample.pair, randoms[i]!, strength, arrays, indices[i]!);
            attempt++
          ) {
            if (attempt >= MAX_REDRAWS)
              throw new LoratError("DATA_NO_PAIR", `no crop shows its target, ${attempt} pairs tried`);
            sample = await drawSample(randoms[i]!, strength);
          }
          names.push(sample.name);
        }
      }
      let positives = 0;
      for (const value of arrays.positives) positives += value;
      return { ...arrays, step, positiveCount: Math.max(positives, 1), sources: names };
    },
  };
}
