import { createHash } from "node:crypto";
import { relative } from "node:path";
import { STEM_STRIDE } from "@lorat/core/model";
import type { CropGeometry } from "@lorat/core/training";
import { type DataRoots, scanData } from "../../sampling/data-manifest.ts";
import { createLoader, type Loader } from "../../sampling/loader.ts";
import { fromScratchMix, type MixConfig } from "../../sampling/mix.ts";

/** Photographs that no stem is trained on, to measure it by: at most so many. */
const MOST_HELD_OUT = 150;
/** One photograph in so many is held out. */
const HELD_OUT_SHARE = 10;

/** Crops of everything there is, disguised and jittered as a tracker's search crops are. */
const trainingMix: MixConfig = {
  ...fromScratchMix,
  weights: { photoRegions: [4, 4], boxedPhotos: [3, 3], clips: [3, 3], composites: [1, 1] },
  curriculum: { holdSteps: 0, rampSteps: 0 },
  scaleJitter: [0.4, 0.4],
  translationJitter: [2, 2],
  flip: [0.5, 0.5],
  colorJitter: [0.5, 0.5],
  threeAugment: [0.1, 0.1],
  clipGap: [100, 100],
};

/** Plain crops of photographs. */
const heldOutMix: MixConfig = {
  ...trainingMix,
  weights: { photoRegions: [1, 1], boxedPhotos: [0, 0], clips: [0, 0], composites: [0, 0] },
  colorJitter: [0, 0],
  threeAugment: [0, 0],
};

/** Where a stem's crops come from. */
export interface StemData {
  readonly training: DataRoots;
  readonly heldOut: DataRoots;
  /** Changes whenever the pictures do. */
  readonly fingerprint: string;
  readonly heldOutCount: number;
}

/** Looks through the data and sets photographs aside by a hash of their names. Throws what {@link scanData} throws. */
export async function openStemData(roots: DataRoots): Promise<StemData> {
  const { files, photos } = await scanData(roots);
  const folders = roots.photos ?? [];
  const aside = photos
    .map((photo) => files[photo]!)
    .filter((path) => {
      const folder = folders.find((one) => path.startsWith(one));
      const name = folder === undefined ? path : relative(folder, path);
      return createHash("sha256").update(name).digest().readUInt32LE(0) % HELD_OUT_SHARE === 0;
    })
    .slice(0, MOST_HELD_OUT);
  return {
    training: { ...roots, exclude: [...(roots.exclude ?? []), ...aside] },
    heldOut: { photos: folders, only: aside },
    fingerprint: createHash("sha256").update(JSON.stringify(files)).digest("hex"),
    heldOutCount: aside.length,
  };
}

export interface StemCropOptions {
  readonly batchSize: number;
  readonly sidePx: number;
  readonly seed: number;
  readonly startStep?: number;
  readonly workers: number;
}

/** A loader whose batches hold the crops as `search`; its templates are as small as may be. */
export function stemCrops(
  { training, heldOut }: Pick<StemData, "training" | "heldOut">,
  which: "training" | "heldOut",
  { sidePx, ...rest }: StemCropOptions,
): Loader {
  const geometry: CropGeometry = {
    patchSize: STEM_STRIDE,
    templateSizePx: STEM_STRIDE,
    templateGrid: 1,
    templateAreaFactor: 2,
    searchSizePx: sidePx,
    searchGrid: sidePx / STEM_STRIDE,
    searchAreaFactor: 4,
  };
  const [roots, mix] = which === "training" ? [training, trainingMix] : [heldOut, heldOutMix];
  return createLoader({ geometry, data: { kind: "mix", roots, mix }, ...rest });
}

/** Batches of training crops by which a stem and its teacher are measured before the first update. */
const TALLY_BATCHES = 12;

/** Pixels of the batches of training crops that no update sees, `[batch, 3, side, side]` each; the same every time. */
export async function* tallyCrops(
  data: StemData,
  { batchSize, sidePx, seed }: Pick<StemCropOptions, "batchSize" | "sidePx" | "seed">,
): AsyncIterable<Float32Array> {
  const crops = stemCrops(data, "training", { batchSize, sidePx, seed: seed + 1_000_003, workers: 0 });
  try {
    for (let i = 0; i < TALLY_BATCHES; i++) yield (await crops.next()).search;
  } finally {
    await crops.dispose();
  }
}
