import { existsSync } from "node:fs";
import { join } from "node:path";
import { mergedConfig, variantNamed } from "@lorat/core";
import type { DataRoots } from "../../sampling/data-manifest.ts";
import { fromScratchMix } from "../../sampling/mix.ts";
import type { RunConfig } from "../run-config.ts";

/** What of the training material is to be used. */
export interface NanoOptions {
  /** Folder with `photos/` and, if present, `train/`; nothing but procedural pairs without it. */
  readonly data?: string;
  readonly steps?: number;
  readonly seed?: number;
}

/**
 * The default model, trained from scratch on pairs from photographs, boxed photographs, clips and procedural composites.
 *
 * Command: `lorat train nano --data DIR --out RUN`. Score and time of the run that made the bundled weights: see
 * `models/nano/README.md`; the trials that led here: `docs/log.md`.
 */
export function nanoPreset({ data, steps = 3600, seed = 1 }: NanoOptions = {}): RunConfig {
  return {
    name: "nano",
    model: mergedConfig(variantNamed("nano")),
    initialisation: "scratch",
    batchSize: 32,
    steps,
    optimizer: {
      learningRate: 1e-3,
      warmupSteps: 100,
      warmupLearningRate: 1e-7,
      minLearningRate: 1e-6,
      weightDecay: 0.05,
      maxGradNorm: 1,
      beta2: 0.98,
    },
    averageDecay: 0.998,
    iouAware: true,
    seed,
    data: data === undefined ? {} : dataRoots(data),
    mix: {
      ...fromScratchMix,
      weights: { photoRegions: [3, 2], boxedPhotos: [2, 2.5], clips: [0, 3], composites: [0, 2.5] },
      curriculum: { holdSteps: 250, rampSteps: 1750 },
      translationJitter: [1.2, 1.8],
      // On so few pairs the paper's disguises cost more than they give: no target is ever seen mirrored.
      flip: [0, 0.1],
      colorJitter: [0, 0.5],
      threeAugment: [0, 0.15],
      clipGap: [5, 60],
    },
  };
}

/** What is there of the project's usual folders. */
function dataRoots(folder: string): DataRoots {
  const present = (...paths: string[]) =>
    paths.map((path) => join(folder, path)).filter((path) => existsSync(path));
  return {
    photos: present("photos", "train/images"),
    boxes: present("train/boxes.jsonl", "photos/coco/instances.json"),
    clips: present("train/videos"),
    cutouts: present("train/cutouts"),
  };
}
