import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type ModelConfig, type Variant, variantNamed } from "@lorat/core/model";
import { LoratError, nearestName } from "@lorat/graph";
import type { RunConfig } from "../../runs/run-config.ts";
import { paperAugmentation } from "../../sampling/crop-augmentation.ts";
import type { DatasetPairs, DatasetShare } from "../../sampling/training-data.ts";

/** Folder below `--data` of each dataset that the paper trains on. */
const folders = { lasot: "LaSOT", trackingnet: "TrackingNet", got10k: "GOT-10k", coco: "COCO" } as const;

/** The paper's training datasets, by their kinds. */
type PaperDataset = keyof typeof folders;

/**
 * Where datasets are, as `KIND:PATH`, from `--data` and `--dataset`. Throws `DATA_PLACE`, naming every one that is not there.
 */
function datasetPlaces<K extends PaperDataset>(
  kinds: readonly K[],
  { data, datasets = {} }: PresetOptions,
): Record<K, string> {
  const problems: string[] = [];
  for (const kind of Object.keys(datasets)) {
    if (kind in folders) continue;
    const near = nearestName(kind, Object.keys(folders));
    problems.push(`there is no dataset "${kind}" here${near ? `, did you mean "${near}"?` : ""}`);
  }
  const places = kinds.map((kind) => {
    const place = datasets[kind] ?? (data === undefined ? undefined : join(data, folders[kind]));
    if (place === undefined) problems.push(`${kind}: no place is given`);
    else if (!existsSync(place)) problems.push(`${kind}: there is nothing at ${place}`);
    return [kind, `${kind}:${resolve(place ?? "")}`] as const;
  });
  if (problems.length > 0) {
    throw new LoratError("DATA_PLACE", "not all training datasets were found", {
      issues: problems,
      hint: `give --data DIR with ${kinds.map((kind) => `DIR/${folders[kind]}`).join(", ")}, or --dataset ${kinds[0]}=PATH`,
    });
  }
  return Object.fromEntries(places) as Record<K, string>;
}

/** What a preset has to be told; each says what it needs when it is missing. */
export interface PresetOptions {
  /** Folder with the datasets, or with the project's own training material for `nano`. */
  readonly data?: string;
  /** Where a dataset is that is not below `data`, by kind: `lasot`, `trackingnet`, `got10k`, `coco`. */
  readonly datasets?: Readonly<Record<string, string>>;
  /** What has one of these texts in its path is left out, for the presets of `nano`. */
  readonly exclude?: readonly string[];
  /** File with the GOT-10k sequences that share nothing with VOT (`vot train split`), one name or position a line. */
  readonly got10kList?: string;
  /** Model folder of the backbone, or of the tracker that is adapted. */
  readonly base?: string;
  /** File of a convolutional stem (`lorat train stem`), for a variant that has one. */
  readonly stem?: string;
  /** Optimiser steps in all; default: the preset's own. */
  readonly steps?: number;
  readonly seed?: number;
}

/** A run that can be started by its name. */
export interface Preset {
  readonly name: string;
  /** What it trains, a few words. */
  readonly summary: string;
  /** Scores to expect, in percent, and where they are from. */
  readonly expected: string;
  /** What has to be there before it starts. */
  readonly needs: string;
  /** The run. Throws `PRESET_BASE`, `PRESET_LIST`, `DATA_PLACE` for what is missing. */
  readonly config: (options: PresetOptions) => RunConfig;
}

/** The paper's training, the same for every variant (section 4.1; specification 3.3, 3.6). */
export const reference = {
  samplesPerEpoch: 131_072,
  validationSamples: 4096,
  /** Pairs of an update, over all devices and passes. */
  batchSize: 128,
  epochs: 170,
  /** Epochs where GOT-10k alone is trained on. */
  got10kEpochs: 100,
  warmupEpochs: 2,
  trackingTestEpochs: 10,
  seed: 42,
  optimizer: {
    learningRate: 1e-4,
    warmupLearningRate: 1e-7,
    minLearningRate: 1e-6,
    weightDecay: 0.1,
    maxGradNorm: 1,
  },
  /** Full fine-tuning clips harder, and its rate falls with depth (specification 3.7). */
  fullFineTuning: { maxGradNorm: 0.1, layerDecay: { S: 0.7, B: 0.7, L: 0.8, g: 0.9 } },
} as const;

/** Steps of an epoch. */
const epochSteps = reference.samplesPerEpoch / reference.batchSize;

/** What distinguishes one of the paper's runs from another. */
interface PaperRun {
  readonly name: string;
  readonly variant: string;
  readonly model: (variant: Variant) => ModelConfig;
  /** `all`: the four datasets; `got10k`: GOT-10k alone and whole, for its one-shot protocol. */
  readonly data: "all" | "got10k";
  readonly optimizer?: Partial<RunConfig["optimizer"]>;
}

/**
 * One of the paper's runs. With other `steps` than the paper's, warm-up and cosine keep their share of the run. Throws
 * `PRESET_BASE`, `PRESET_LIST`, `DATA_PLACE`.
 */
export function paperRun(run: PaperRun, options: PresetOptions): RunConfig {
  const variant = variantNamed(run.variant);
  const epochs = run.data === "all" ? reference.epochs : reference.got10kEpochs;
  const steps = options.steps ?? epochs * epochSteps;
  const data = pairs(trainingSets(run, options), reference.samplesPerEpoch);
  const got10k = datasetPlaces(["got10k"], options).got10k;
  return {
    name: run.name,
    model: run.model(variant),
    initialisation: "reference",
    base: backbone(run, options),
    batchSize: reference.batchSize,
    steps,
    precision: "mixed",
    optimizer: {
      ...reference.optimizer,
      warmupSteps: Math.round((steps * reference.warmupEpochs) / epochs),
      // As long as the run: the warm-up cuts its end off (specification 3.6).
      cosineSteps: steps,
      ...run.optimizer,
    },
    iouAware: true,
    seed: options.seed ?? reference.seed,
    data,
    validation: {
      everySteps: epochSteps,
      samples: reference.validationSamples,
      data: pairs([{ dataset: got10k, split: "val" }], reference.validationSamples),
    },
    trackingTest: { everySteps: reference.trackingTestEpochs * epochSteps, dataset: got10k, split: "val" },
  };
}

function trainingSets({ name, data }: PaperRun, options: PresetOptions): DatasetShare[] {
  if (data === "got10k") return [{ dataset: datasetPlaces(["got10k"], options).got10k }];
  const { lasot, trackingnet, coco, got10k } = datasetPlaces(
    ["lasot", "trackingnet", "coco", "got10k"],
    options,
  );
  if (options.got10kList === undefined || !existsSync(options.got10kList)) {
    throw new LoratError(
      "PRESET_LIST",
      `${name} trains on the GOT-10k sequences that share nothing with VOT (7,086 of 9,335), ${options.got10kList === undefined ? "and no list of them is given" : `and there is nothing at ${options.got10kList}`}`,
      {
        hint: "give the list with --got10k-list FILE, one name or position a line; the whole split belongs to the got10k presets",
      },
    );
  }
  return [
    { dataset: lasot },
    { dataset: trackingnet },
    { dataset: coco },
    { dataset: got10k, list: resolve(options.got10kList) },
  ];
}

function pairs(sets: readonly DatasetShare[], samplesPerEpoch: number): DatasetPairs {
  return {
    kind: "datasets",
    sets,
    samplesPerEpoch,
    maxGap: 100,
    mode: "interval",
    augmentation: paperAugmentation,
    maxUnreadableShare: 0.01,
  };
}

function backbone({ name, variant }: PaperRun, { base }: PresetOptions): string {
  const size = { S: "s", B: "b", L: "l", g: "g" }[variant[0]!] ?? "b";
  if (base === undefined) {
    throw new LoratError("PRESET_BASE", `${name} starts from a DINOv2 backbone, and none is given`, {
      hint: `lorat convert dinov2_vit${size}14_pretrain.pth --variant ${variant} --out FOLDER makes its model folder; then give --base FOLDER`,
    });
  }
  if (!existsSync(base)) throw new LoratError("PRESET_BASE", `there is no model folder at ${base}`);
  return resolve(base);
}
