import { createRandom, type Random } from "@lorat/core/training";
import { LoratError } from "@lorat/graph";
import { at } from "./crop-augmentation.ts";
import type { DataManifest } from "./data-manifest.ts";
import { FrameStore, type SharedPictures } from "./frame-store.ts";
import { type MixConfig, SOURCE_NAMES, type SourceName, strengthAt } from "./mix.ts";
import { type DrawnPair, MAX_REDRAWS, type PairSupply, type Readings, type Source } from "./pair.ts";
import { boxedPhotos } from "./sources/boxed-photos.ts";
import { clips } from "./sources/clips.ts";
import { composites } from "./sources/composites.ts";
import { photoRegions } from "./sources/photo-regions.ts";

/** A mix with what was found under its roots; plain data and shared memory. */
export interface MixPlan {
  readonly kind: "mix";
  readonly mix: MixConfig;
  readonly manifest: DataManifest;
  readonly pictures: SharedPictures;
}

/** A file that cannot be read ends a run of the mix, so nothing is ever left out. */
const nothingLeftOut: Readings = { requested: 0, unreadable: [] };

/** Pairs of a mix, with `reference` a recent view of the target in each that has one. The draws of sample `i` of step `s` depend on `(seed, s, i)`. */
export function mixedPairs(
  { mix, manifest, pictures }: MixPlan,
  seed: number,
  reference = false,
): PairSupply {
  const store = new FrameStore(pictures);
  const sources: Record<SourceName, Source> = {
    photoRegions: photoRegions(store, manifest.photos),
    boxedPhotos: boxedPhotos(store, manifest.boxed),
    clips: clips(store, manifest.clips, { maxGap: mix.clipGap, caps: mix.clipCaps, absentShare: 0 }),
    composites: composites(store, manifest, mix.domain),
  };
  const weightsAt = (strength: number) =>
    SOURCE_NAMES.map((name) => (sources[name].size > 0 ? Math.max(at(mix.weights[name], strength), 0) : 0));

  const draw = async (random: Random, strength: number): Promise<DrawnPair> => {
    let weights = weightsAt(strength);
    // At the easy end only sources without data may be wanted; the procedural one needs none.
    if (weights.every((weight) => weight === 0))
      weights = SOURCE_NAMES.map((name) => (name === "composites" ? 1 : 0));
    for (let attempt = 0; attempt < MAX_REDRAWS; attempt++) {
      const source = SOURCE_NAMES[random.weighted(weights)]!;
      const pair = await sources[source].draw({ random, strength, reference });
      if (pair) return { pair, source };
    }
    throw new LoratError("DATA_NO_PAIR", `no usable training pair came out of ${MAX_REDRAWS} draws`, {
      hint: "Check that the boxes lie inside their pictures and are not tiny.",
    });
  };

  return {
    decoded: () => store.decoded,
    sample(step, index) {
      const random = createRandom(seed, step, index);
      const strength = strengthAt(step, mix.curriculum);
      return {
        random,
        strength,
        readings: nothingLeftOut,
        async next() {
          const { pair, source } = await draw(random, strength);
          if (!random.chance(at(mix.absent, strength))) return { pair, source };
          const { pair: other } = await draw(random, strength);
          return { pair: { ...pair, search: { ...other.search, present: false } }, source };
        },
      };
    },
  };
}
