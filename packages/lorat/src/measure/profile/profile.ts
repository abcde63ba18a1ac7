import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Precision } from "@lorat/core";
import {
  type ModelConfig,
  mergedConfig,
  parametersOf,
  requirePrecision,
  type Variant,
  variantNamed,
} from "@lorat/core/model";
import { trainingStep } from "@lorat/core/training";
import {
  type ConcreteDevice,
  type Device,
  resolveDevice,
  type Shape,
  sizeOf,
  type Value,
} from "@lorat/graph";
import { type ModelRow, modelRow } from "../../models/model-table.ts";
import type { ProfileFigures, TrainingSide } from "../child/job.ts";
import { type ChildOptions, runChild } from "../child/run-child.ts";
import { sideConfig } from "../child/training.ts";
import { requireDisk, requireMemory } from "../memory.ts";
import { type WeightsFile, weightsFileBytes, writeRandomWeights } from "../random-weights.ts";
import { type Spread, spreadOf } from "../statistics.ts";

/** What a measurement is doing: `label` and how much of it is done. */
export type ProfileProgress = (label: string, done: number, total: number, unit: string) => void;

interface ProfileOptions extends Pick<ChildOptions, "script" | "signal"> {
  /** Names of variants; throws `VARIANT_UNKNOWN`. */
  readonly variants: readonly string[];
  /** Default: `auto`. */
  readonly device?: Device;
  /** Threads inside an operator, CPU only. */
  readonly threads?: number;
  readonly onProgress?: ProfileProgress;
}

export interface SpeedOptions extends ProfileOptions {
  /** Default: `fp32`. */
  readonly precision?: Precision;
  /** Timed runs after the warm-up; default: 5 on a CPU and 100 elsewhere. */
  readonly repeat?: number;
}

export interface TrainingProfileOptions extends ProfileOptions {
  /** Pairs a step; default: 2. */
  readonly batch?: number;
  /** Timed steps of each child; default: 5. */
  readonly steps?: number;
  /** Children of each side, in turns; default: 1. */
  readonly repeat?: number;
}

/** One variant's size and speed. */
export interface SpeedRow extends ModelRow {
  readonly device: ConcreteDevice;
  readonly precision: Precision;
  /** Milliseconds of one forward pass. */
  readonly ms: Spread;
  readonly framesPerSecond: Spread;
  /** Milliseconds of processor time of one pass, all threads together. */
  readonly processorMs: Spread;
  /** Maximum resident memory of the measuring process, in bytes. */
  readonly peakBytes: number;
}

/** One side of a {@link TrainingRow}. */
export interface TrainingFigures {
  readonly totalParams: number;
  readonly trainedParams: number;
  /** Seconds of one step, optimiser included. */
  readonly seconds: Spread;
  /** Of them, the optimiser's. */
  readonly optimizerSeconds: Spread;
  /** Processor seconds of one step, all threads together: hardly disturbed by what else the machine does. */
  readonly processorSeconds: Spread;
  /** Maximum resident memory of the whole process, in bytes; of several children the largest. */
  readonly peakBytes: number;
}

/** LoRA and full fine-tuning of one variant, side by side. */
export interface TrainingRow {
  readonly variant: string;
  readonly device: ConcreteDevice;
  readonly batch: number;
  readonly lora: TrainingFigures;
  readonly full: TrainingFigures;
  /** LoRA's median time of a step over full fine-tuning's. */
  readonly timeRatio: number;
  /** The same of processor time. */
  readonly processorRatio: number;
  /** LoRA's peak memory over full fine-tuning's. */
  readonly memoryRatio: number;
}

/**
 * Parameters, multiply-accumulates and frames a second of each variant's merged network at batch 1, random weights, a
 * fresh process each (paper table 1, specification section 6). Throws `VARIANT_UNKNOWN`, `PROFILE_MEMORY`,
 * `PROFILE_DISK`, `PROFILE_CHILD`, `PRECISION_UNAVAILABLE`, and what sessions throw.
 */
export async function profileSpeed(options: SpeedOptions): Promise<SpeedRow[]> {
  const { precision = "fp32" } = options;
  await requirePrecision(precision, await resolveDevice(options.device ?? "auto"));
  const variants = options.variants.map(variantNamed);
  for (const variant of variants) {
    // Weights are mapped, and may be dropped again once ONNX Runtime has packed them: once at least they must fit.
    requireMemory(`the forward pass of ${variant.name}`, weightsFileBytes(parameterShapes(variant)));
  }
  const rows: SpeedRow[] = [];
  for (const variant of variants) {
    const shapes = parameterShapes(variant);
    const figures = await withWeights(variant, shapes, options, (weights) =>
      runChild(
        { kind: "forward", ...common(variant, options, weights), precision, repeat: options.repeat },
        child(options, `${variant.name} forward`, "runs"),
      ),
    );
    const { device, ms, cpuMs, peakBytes } = figures;
    rows.push({
      ...modelRow(variant.name),
      device,
      precision,
      ms: spreadOf(ms),
      framesPerSecond: spreadOf(ms.map((time) => 1000 / time)),
      processorMs: spreadOf(cpuMs),
      peakBytes,
    });
  }
  return rows;
}

/**
 * Time of a step and whole-process peak memory of LoRA and of full fine-tuning (paper section 4.3), AdamW and its state
 * included, each side in fresh processes, in turns. Throws as {@link profileSpeed} does.
 */
export async function profileTraining(options: TrainingProfileOptions): Promise<TrainingRow[]> {
  await resolveDevice(options.device ?? "auto");
  const variants = options.variants.map(variantNamed);
  const { batch = 2, repeat = 1 } = options;
  for (const variant of variants) requireTrainingMemory(variant, batch);
  const rows: TrainingRow[] = [];
  for (const variant of variants) {
    const measured: Record<TrainingSide, ProfileFigures[]> = { lora: [], full: [] };
    for (let round = 0; round < repeat; round++) {
      for (const side of ["lora", "full"] as const) {
        measured[side].push(await measureSide(variant, side, batch, options));
      }
    }
    const lora = trainingFigures(sideConfig(variant, "lora"), batch, measured.lora);
    const full = trainingFigures(sideConfig(variant, "full"), batch, measured.full);
    rows.push({
      variant: variant.name,
      device: measured.lora[0]!.device,
      batch,
      lora,
      full,
      timeRatio: lora.seconds.median / full.seconds.median,
      processorRatio: lora.processorSeconds.median / full.processorSeconds.median,
      memoryRatio: lora.peakBytes / full.peakBytes,
    });
  }
  return rows;
}

const sideNames: Readonly<Record<TrainingSide, string>> = { lora: "LoRA", full: "full fine-tuning" };

/** Every trained number has a gradient and two moments beside it; activations come on top. */
function requireTrainingMemory(variant: Variant, batch: number): void {
  for (const side of ["full", "lora"] as const) {
    const { all, trained } = stepShapes(sideConfig(variant, side), batch);
    const what = `${sideNames[side]} of ${variant.name} at batch ${batch}`;
    requireMemory(what, weightsFileBytes(all) + 3 * weightsFileBytes(trained));
  }
}

async function measureSide(
  variant: Variant,
  side: TrainingSide,
  batch: number,
  options: TrainingProfileOptions,
): Promise<ProfileFigures> {
  const { all } = stepShapes(sideConfig(variant, side), batch);
  const name = sideNames[side];
  return withWeights(variant, all, options, (weights) =>
    runChild(
      { kind: "training", side, batch, steps: options.steps ?? 5, ...common(variant, options, weights) },
      child(options, `${variant.name} ${name}`, "steps"),
    ),
  );
}

/** Runs `use` on a file of random weights, which is gone afterwards. */
async function withWeights<T>(
  variant: Variant,
  shapes: ReadonlyMap<string, Shape>,
  { onProgress }: ProfileOptions,
  use: (weights: WeightsFile) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "lorat-profile-"));
  try {
    const bytes = weightsFileBytes(shapes);
    await requireDisk(folder, variant.name, bytes);
    const note = (done: number) =>
      onProgress?.(`${variant.name} weights`, Math.round(done / 1e6), Math.round(bytes / 1e6), "MB");
    return await use(await writeRandomWeights(join(folder, "weights.bin"), shapes, note));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function common(variant: Variant, { device = "auto", threads }: ProfileOptions, weights: WeightsFile) {
  return {
    variant: variant.name,
    device,
    weights: [...weights.tensors],
    threads,
  };
}

function child({ script, signal, onProgress }: ProfileOptions, label: string, unit: string): ChildOptions {
  return {
    script,
    signal,
    onRun: (done, total) => onProgress?.(label, done, total, unit),
  };
}

/** Parameters of the merged network. */
function parameterShapes(variant: Variant): Map<string, Shape> {
  return shapesOf(parametersOf(mergedConfig(variant)));
}

/** Shapes of all parameters of a training step, and of those that train. */
export function stepShapes(config: ModelConfig, batch: number) {
  const { graph, trainable } = trainingStep(config, batch);
  return { all: shapesOf(graph.parameters.values()), trained: shapesOf(trainable) };
}

function shapesOf(values: Iterable<Value>): Map<string, Shape> {
  return new Map([...values].map(({ name, shape }) => [name, shape]));
}

function trainingFigures(
  config: ModelConfig,
  batch: number,
  measured: readonly ProfileFigures[],
): TrainingFigures {
  const { all, trained } = stepShapes(config, batch);
  const count = (shapes: ReadonlyMap<string, Shape>) =>
    [...shapes.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
  const seconds = (times: (figures: ProfileFigures) => readonly number[]) =>
    spreadOf(measured.flatMap(times).map((ms) => ms / 1000));
  return {
    totalParams: count(all),
    trainedParams: count(trained),
    seconds: seconds(({ ms }) => ms),
    optimizerSeconds: seconds(({ optimizerMs }) => optimizerMs!),
    processorSeconds: seconds(({ cpuMs }) => cpuMs),
    peakBytes: Math.max(...measured.map(({ peakBytes }) => peakBytes)),
  };
}
