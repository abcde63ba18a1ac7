import { existsSync } from "node:fs";
import { join } from "node:path";
import { loraConfig, mergedConfig, variantNamed } from "@lorat/core";
import type { RunConfig } from "../../runs/run-config.ts";
import type { DataRoots } from "../../sampling/data-manifest.ts";
import { fromScratchMix } from "../../sampling/mix.ts";

interface NanoLoraOptions extends NanoOptions {
  /** The tracker that is adapted; the bundled one when left out. */
  readonly base?: string;
}

/**
 * LoRA on the bundled tracker, all else frozen: rank 4 on every linear layer, so that adapters, token types and head are less
 * than a tenth of the network. For trying LoRA out in minutes on a CPU, with nano's own pairs.
 *
 * Command: `lorat train nano-lora --data DIR --out RUN`. Score: not measured; it depends on the pairs.
 */
export function nanoLoraPreset({ base = "nano", steps = 1000, ...rest }: NanoLoraOptions = {}): RunConfig {
  const { averageDecay: _none, ...config } = nanoPreset({ ...rest, steps });
  return {
    ...config,
    name: "nano-lora",
    model: loraConfig(variantNamed("nano"), { rank: 4 }),
    initialisation: "reference",
    base,
    optimizer: { ...config.optimizer, weightDecay: 0.1, warmupSteps: Math.min(50, steps) },
  };
}

/** What of the training material is to be used. */
interface NanoOptions {
  /** Model folder to go on from; from scratch without it. */
  readonly base?: string;
  /** Folder with `photos/` and, if present, `train/`; nothing but procedural pairs without it. */
  readonly data?: string;
  readonly steps?: number;
  readonly seed?: number;
}

/**
 * The default model, trained from scratch on pairs from photographs, boxed photographs, clips and procedural composites.
 *
 * Command: `lorat train nano --data DIR --out RUN`; with `--base MODEL` it goes on from a model, at full difficulty and a
 * lower rate, as the later runs of the bundled weights did. Scores and times of the runs that made them: see
 * `models/nano/README.md`; the trials that led here: `docs/log.md`.
 */
export function nanoPreset({
  base,
  data,
  steps = base === undefined ? 4700 : 5600,
  seed = 1,
}: NanoOptions = {}): RunConfig {
  return {
    name: "nano",
    model: mergedConfig(variantNamed("nano")),
    initialisation: "scratch",
    base,
    batchSize: 16,
    steps,
    optimizer: {
      learningRate: base === undefined ? 5e-4 : 4e-4,
      warmupSteps: 100,
      warmupLearningRate: 1e-7,
      minLearningRate: 1e-6,
      weightDecay: 0.05,
      maxGradNorm: 1,
      beta2: 0.98,
    },
    averageDecay: 0.999,
    iouAware: true,
    seed,
    data: {
      kind: "mix",
      roots: data === undefined ? {} : dataRoots(data),
      mix: {
        ...fromScratchMix,
        weights: { photoRegions: [3, 0.5], boxedPhotos: [2, 3.5], clips: [0, 4], composites: [0, 4] },
        curriculum: base === undefined ? { holdSteps: 250, rampSteps: 1750 } : { holdSteps: 0, rampSteps: 0 },
        // The region follows the size of the last box: with less jitter the network learns to expect that size, not to
        // measure it, and small errors of size feed on themselves.
        scaleJitter: [0.1, 0.45],
        // A tracker looks where the target was: on so few pairs, shifts near to that and mild disguises teach more.
        translationJitter: [1, 1.5],
        pairStretch: [0.3, 0.5],
        flip: [0, 0.05],
        colorJitter: [0, 0.4],
        threeAugment: [0, 0.1],
        clipGap: [5, 60],
      },
    },
  };
}

/**
 * What is there of the project's usual folders: `photos/`, `train/` and `train2/`. exclude: what has one of these texts in its
 * path is left out.
 */
export function dataRoots(folder: string, exclude: readonly string[] = []): DataRoots {
  const present = (...paths: string[]) =>
    paths.map((path) => join(folder, path)).filter((path) => existsSync(path));
  return {
    photos: present("photos", "train/images", "train2/images"),
    boxes: present("train/boxes.jsonl", "train2/boxes.jsonl", "photos/coco/instances.json"),
    clips: present("train/videos", "train2/videos"),
    cutouts: present("train/cutouts"),
    ...(exclude.length > 0 && { exclude }),
  };
}
