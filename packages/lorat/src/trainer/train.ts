import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createRandom,
  initialWeights,
  type TrainingBatch,
  type TrainingStep,
  trainingStep,
} from "@lorat/core";
import { type Device, float32, LoratError, Session, scalar, type Tensor } from "@lorat/graph";
import { createLoader, type Loader } from "../sampling/loader.ts";
import { listCheckpoints, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { MetricsLog, type StepRecord } from "./metrics-log.ts";
import { Optimizer, type Tensors } from "./optimizer.ts";
import { cropGeometry, type RunConfig } from "./run-config.ts";
import { lockRun } from "./run-lock.ts";

export interface TrainOptions {
  /** The run's folder. */
  readonly folder: string;
  readonly device?: Device;
  /** Continue from the last checkpoint. */
  readonly resume?: boolean;
  /** Weights to start from instead of an initialisation. */
  readonly startFrom?: Tensors;
  /** Seconds between checkpoints; default 180. */
  readonly checkpointSeconds?: number;
  /** Checkpoints kept; default 3. */
  readonly keep?: number;
  /** Threads inside an operator, CPU only; one leaves room for other work and loses little where cores share memory. */
  readonly threads?: number;
  /** Threads that make batches; default 1. */
  readonly workers?: number;
  /** Stops after the step in flight, saving a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onStep?: (record: StepRecord) => void;
  readonly onCheckpoint?: (path: string, step: number) => void;
}

/** How a call of {@link train} ended. */
export interface TrainResult {
  readonly step: number;
  readonly finished: boolean;
}

/** Files of a run's folder. */
export const runFiles = {
  config: "config.json",
  metrics: "metrics.jsonl",
  checkpoints: "checkpoints",
} as const;

/**
 * Trains a model: batches from the loader through the training-step session, gradients through the optimiser's. The
 * folder holds the configuration, one line of metrics a step, and checkpoints that a later call with `resume` goes on
 * from, with the same losses bit for bit on the same machine.
 *
 * Throws `RUN_EXISTS`, `RUN_LOCKED`, `RUN_CONFIG_CHANGED`, `RUN_NOTHING_TO_RESUME`, `LOSS_NOT_FINITE`,
 * `CHECKPOINT_WRITE`, and what loader and sessions throw.
 */
export async function train(config: RunConfig, options: TrainOptions): Promise<TrainResult> {
  const unlock = await lockRun(options.folder);
  try {
    const start = await prepare(config, options);
    const metrics = new MetricsLog(join(options.folder, runFiles.metrics));
    await metrics.rewind(start.step);
    const step = trainingStep(config.model, config.batchSize, { iouAware: config.iouAware ?? true });
    const state = start.tensors ?? options.startFrom ?? initialState(step, config);
    const device = options.device ?? "auto";
    const fed = new Set(step.trainable.map(({ name }) => name));
    const { outputs } = withoutMaps(step);
    const session = await Session.create(outputs, {
      device,
      weights: state,
      fed,
      threads: options.threads,
      memoryPattern: false,
    });
    const optimizer = await Optimizer.create(config, step.trainable, state, device);
    const loader = createLoader({
      geometry: cropGeometry(config.model),
      data: config.data,
      batchSize: config.batchSize,
      seed: config.seed,
      startStep: start.step,
      workers: options.workers ?? 1,
    });
    try {
      return await loop(config, options, { start: start.step, session, optimizer, loader, metrics });
    } finally {
      await Promise.all([loader.dispose(), session.dispose(), optimizer.dispose()]);
    }
  } finally {
    await unlock();
  }
}

interface Machinery {
  readonly start: number;
  readonly session: Session;
  readonly optimizer: Optimizer;
  readonly loader: Loader;
  readonly metrics: MetricsLog;
}

async function loop(config: RunConfig, options: TrainOptions, machinery: Machinery): Promise<TrainResult> {
  const { session, optimizer, loader, metrics } = machinery;
  const { checkpointSeconds = 180, keep = 3, signal } = options;
  let saved = performance.now();
  let step = machinery.start;
  const save = async () => {
    await metrics.flush();
    const folder = join(options.folder, runFiles.checkpoints);
    const path = await writeCheckpoint(folder, { step, tensors: optimizer.state }, keep);
    options.onCheckpoint?.(path, step);
    saved = performance.now();
  };
  while (step < config.steps && !signal?.aborted) {
    const began = performance.now();
    const batch = await loader.next();
    const results = await session.compute({
      ...batchFeeds(batch, config),
      ...Object.fromEntries(optimizer.state),
    });
    const value = (name: string) => Number(results[name]!.data[0]);
    if (!Number.isFinite(value("loss"))) {
      throw new LoratError("LOSS_NOT_FINITE", `the loss of step ${step + 1} is ${value("loss")}`, {
        hint: "continue from the last checkpoint with a lower learning rate",
      });
    }
    const { norm, rate } = await optimizer.step(step, results);
    step++;
    const record: StepRecord = {
      step,
      loss: value("loss"),
      bce: value("loss_bce"),
      giou: value("loss_giou"),
      iou: value("mean_iou"),
      gradNorm: norm,
      learningRate: rate,
      samplesPerSecond: (config.batchSize / (performance.now() - began)) * 1000,
      waitShare: loader.stats().waitShare,
      memoryMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    };
    metrics.add(record);
    options.onStep?.(record);
    if (performance.now() - saved > checkpointSeconds * 1000) await save();
  }
  await save();
  return { step, finished: step >= config.steps };
}

/** A batch as the training-step graph is fed. */
export function batchFeeds(
  batch: TrainingBatch,
  { model }: Pick<RunConfig, "model">,
): Record<string, Tensor> {
  const geometry = cropGeometry(model);
  const { size } = batch;
  const picture = (data: Float32Array, side: number) => float32(data, [size, 3, side, side]);
  return {
    template: picture(batch.template, geometry.templateSizePx),
    search: picture(batch.search, geometry.searchSizePx),
    template_mask: float32(batch.templateMask, [size, geometry.templateGrid ** 2]),
    positives: float32(batch.positives, [size, geometry.searchGrid ** 2]),
    target_boxes: float32(batch.boxes, [size, 4]),
    positive_count: scalar(batch.positiveCount),
  };
}

/** Score maps and boxes are not needed from step to step. */
function withoutMaps(step: TrainingStep) {
  const { score_map: _map, boxes: _boxes, ...outputs } = step.outputs;
  return { outputs };
}

function initialState(step: TrainingStep, config: RunConfig): Tensors {
  return initialWeights(
    step.graph,
    config.model,
    createRandom(config.seed),
    config.initialisation,
  ) as Tensors;
}

/** Writes the configuration of a new run, or checks it and reads the last checkpoint of one to be continued. */
async function prepare(
  config: RunConfig,
  options: TrainOptions,
): Promise<{ step: number; tensors?: Tensors }> {
  const path = join(options.folder, runFiles.config);
  const text = `${JSON.stringify(config, null, 2)}\n`;
  const known = await readFile(path, "utf8").catch(() => undefined);
  if (!options.resume) {
    if (known !== undefined) {
      throw new LoratError("RUN_EXISTS", `${options.folder} already holds a run`, {
        hint: "continue it with --resume, or give another folder",
      });
    }
    await mkdir(options.folder, { recursive: true });
    await writeFile(`${path}.tmp`, text);
    await rename(`${path}.tmp`, path);
    return { step: 0 };
  }
  if (known === undefined) throw new LoratError("RUN_NOTHING_TO_RESUME", `${options.folder} holds no run`);
  const changes = differences(JSON.parse(known), JSON.parse(text));
  if (changes.length > 0) {
    throw new LoratError("RUN_CONFIG_CHANGED", `${options.folder} was started with another configuration`, {
      issues: changes,
    });
  }
  const checkpoints = join(options.folder, runFiles.checkpoints);
  const last = (await listCheckpoints(checkpoints)).at(-1);
  if (!last) return { step: 0 };
  const { step, tensors } = await readCheckpoint(join(checkpoints, last.file));
  return { step, tensors: new Map(tensors) };
}

/** Where two plain values differ, one line each. */
function differences(before: unknown, after: unknown, path = ""): string[] {
  if (typeof before === "object" && typeof after === "object" && before && after) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) =>
      differences(
        (before as Record<string, unknown>)[key],
        (after as Record<string, unknown>)[key],
        path ? `${path}.${key}` : key,
      ),
    );
  }
  return before === after ? [] : [`${path}: ${JSON.stringify(before)} before, ${JSON.stringify(after)} now`];
}
