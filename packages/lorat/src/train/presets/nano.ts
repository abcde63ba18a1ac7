import { existsSync } from "node:fs";
import { join } from "node:path";
import { loraConfig, mergedConfig, variantNamed } from "@lorat/core/model";
import type { RunConfig } from "../../runs/run-config.ts";
import type { DataRoots } from "../../sampling/data-manifest.ts";
import { fromScratchMix } from "../../sampling/mix.ts";

interface NanoLoraOptions extends NanoOptions {
  /** The tracker that is adapted; default: the bundled one. */
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
  /** Model folder to go on from; default: none. */
  readonly base?: string;
  /** The stem's file, as `lorat train stem` writes it; default: the base's stem, else the bundled model's. */
  readonly stem?: string;
  /** Folder with `photos/` and, if present, `train/`; nothing but procedural pairs without it. */
  readonly data?: string;
  /** What has one of these texts in its path is left out of the training material. */
  readonly exclude?: readonly string[];
  readonly steps?: number;
  readonly seed?: number;
}

/**
 * The default model: LoRAT on a frozen convolutional stem, trained on pairs from photographs, boxed photographs, clips and
 * procedural composites.
 *
 * Commands: `lorat train stem --teacher FILE --data DIR --out STEM`, then `lorat train nano --stem STEM/stem.safetensors
 * --data DIR --out RUN`. The rate is constant until the last tenth of the steps, so that a run can be prolonged
 * (`--resume --steps MORE`). With `--base MODEL` it goes on from a model, at full difficulty. Scores and times:
 * `models/nano/README.md`; the trials that led here: `docs/log.md`.
 */
export function nanoPreset({
  base,
  stem,
  data,
  exclude,
  steps = 30_000,
  seed = 1,
}: NanoOptions = {}): RunConfig {
  return {
    name: "nano",
    model: mergedConfig(variantNamed("nano")),
    initialisation: "scratch",
    base,
    stem: stem ?? (base === undefined ? "nano" : undefined),
    batchSize: 16,
    steps,
    optimizer: {
      learningRate: 5e-4,
      warmupSteps: Math.min(100, steps),
      warmupLearningRate: 1e-7,
      minLearningRate: 1e-6,
      decaySteps: Math.max(Math.round(steps / 10), 1),
      weightDecay: 0.05,
      maxGradNorm: 1,
      beta2: 0.98,
    },
    averageDecay: 0.998,
    iouAware: true,
    seed,
    data: {
      kind: "mix",
      roots: data === undefined ? {} : dataRoots(data, exclude),
      mix: {
        ...fromScratchMix,
        weights: { photoRegions: [3, 0.5], boxedPhotos: [2, 4], clips: [0, 4], composites: [0, 3.5] },
        curriculum: base === undefined ? { holdSteps: 100, rampSteps: 1000 } : { holdSteps: 0, rampSteps: 0 },
        // The region follows the size of the last box: with less jitter the network learns to expect that size, not to
        // measure it, and small errors of size feed on themselves.
        scaleJitter: [0.1, 0.4],
        // A tracker looks where the target was: on so few pairs, shifts near to that and mild disguises teach more.
        translationJitter: [1, 1.8],
        pairStretch: [0.3, 0.5],
        flip: [0, 0.05],
        colorJitter: [0, 0.4],
        threeAugment: [0, 0.1],
        absent: [0, 0.05],
        clipGap: [5, 100],
        // Many clips of one kind: small things in the sky, tools on the ground, swimmers from the air.
        clipCaps: [
          { prefix: "dronedet_", maxShare: 0.08 },
          { prefix: "foda_", maxShare: 0.1 },
          { prefix: "seadrones", maxShare: 0.08 },
        ],
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
