import { parametersOf } from "@lorat/core/model";
import {
  ownBatchSize,
  type Recompute,
  type TrainingBatch,
  TrainingEngine,
  type UpdateResult,
} from "@lorat/core/training";
import { type Device, float32, LoratError, type StoredTensor, type Tensor } from "@lorat/graph";
import type { Ranks } from "../mpi/ranks.ts";
import type { Checkpoint } from "../runs/checkpoint.ts";
import type { MetricsLog } from "../runs/metrics-log.ts";
import type { RunRecord, StepRecord } from "../runs/records.ts";
import type { RunConfig } from "../runs/run-config.ts";
import { lockRun } from "../runs/run-lock.ts";
import { checkRun, recordRun } from "../runs/run-start.ts";
import type { Loader } from "../sampling/loader.ts";
import type { Segment } from "../trackers/one-pass.ts";
import { baseFingerprint, openBase } from "./base-model.ts";
import { saveBatches } from "./non-finite.ts";
import {
  agreedStop,
  type Compression,
  checkSameRun,
  exchangeBetween,
  onFirst,
  requireEqual,
  sharedCheckpoint,
  stepTraffic,
  withRanks,
} from "./ranks.ts";
import { openRunData, type RunData, runLoader } from "./run-data.ts";
import { inLockedRun, type LoopOptions, openMetrics, runLoop, type TrainResult } from "./run-loop.ts";
import { startingWeights } from "./starting-weights.ts";
import { stemFingerprint } from "./stem/stem-file.ts";
import { trackingSegments, trackingTest } from "./tracking-test.ts";
import { validate } from "./validation.ts";

/** Where and how a run trains. */
export interface TrainOptions extends LoopOptions {
  readonly device?: Device;
  /** Continue from the last checkpoint. */
  readonly resume?: boolean;
  /** Trainable parameters to start from instead of the base's or an initialisation; copied. */
  readonly startFrom?: ReadonlyMap<string, Tensor<"float32">>;
  /** Threads inside an operator, CPU only; one leaves room for other work and loses little where cores share memory. */
  readonly threads?: number;
  /** One copy of frozen weights on the CPU, and light recomputation: less memory, a little slower. */
  readonly lowMemory?: boolean;
  /** What the backward pass computes again to save memory; `light` with `lowMemory`, else `none`. */
  readonly recompute?: Recompute;
  /** Threads that make batches; default: 1. */
  readonly workers?: number;
  /** The ranks that train together; each of them calls this with the same configuration. The first one alone writes. */
  readonly ranks?: Ranks | undefined;
  /** How gradients go between the ranks; default: in single precision. */
  readonly compression?: Compression | undefined;
  readonly onStep?: (record: StepRecord) => void;
  /** Told once when what was asked for is done in another way, such as mixed precision on a device without halves. */
  readonly onNotice?: (message: string) => void;
}

/** What a step works with. */
interface Machinery {
  readonly engine: TrainingEngine;
  readonly loader: Loader;
  /** Pairs for validation. */
  readonly heldOut: RunData | undefined;
  /** What the tracking test tracks. */
  readonly segments: readonly Segment[] | undefined;
  /** On the first rank alone. */
  readonly metrics: MetricsLog | undefined;
}

/** Steps after which ranks compare their parameters. */
const EQUALITY_STEPS = 100;
/** Below this loss scale gradients are not finite for another reason than overflow. */
const smallestLossScale = 2 ** -16;

/**
 * Trains a model: batches from the loader through the engine, records and checkpoints into the run's folder. A later call
 * with `resume` goes on from the last checkpoint, with the same losses bit for bit on the same machine.
 *
 * Throws `RUN_EXISTS`, `RUN_LOCKED`, `RUN_NOTHING_TO_RESUME`, `RUN_CONFIG_CHANGED`, `RUN_DATA_CHANGED`, `LOSS_NOT_FINITE`,
 * `CHECKPOINT_WRITE`, `METRICS_WRITE`, and what base, loader and sessions throw. With ranks also `RANKS_BATCH`, `RANKS_DIFFER`
 * where they would not train the same, and `RANKS_FAILED`, `RANKS_APART`.
 */
export async function train(config: RunConfig, options: TrainOptions): Promise<TrainResult> {
  const { folder, device, threads, workers = 1, ranks } = options;
  await withRanks(ranks, async () => void ownBatchSize(config.batchSize, ranks));
  const lock = () => onFirst(ranks, () => lockRun(folder));
  return inLockedRun(lock, async (open) => {
    const checkpoint = await sharedCheckpoint(ranks, () => checkRun(folder, config, options.resume ?? false));
    const step = checkpoint?.progress.step ?? 0;
    // The first rank alone, so that what is indexed or unpacked once is not made by several at a time.
    const openTraining = () => openRunData(config.data, options.signal);
    const opened = await onFirst(ranks, openTraining);
    const { data, heldOut, segments, sources, weights } = await withRanks(ranks, async () => {
      const data = opened ?? (await openTraining());
      const heldOut = config.validation && (await openRunData(config.validation.data, options.signal));
      const segments = config.trackingTest && (await trackingSegments(config));
      const sources = await fingerprints(config, data, heldOut);
      const weights = await networkWeights(config, options.startFrom, checkpoint);
      return { data, heldOut, segments, sources, weights };
    });
    if (ranks) await checkSameRun(ranks, config, sources);
    await onFirst(ranks, () => recordRun(folder, config, sources));
    for (const warning of [...data.warnings, ...(heldOut?.warnings ?? [])]) options.onNotice?.(warning);
    const startStep = step * (config.accumulation ?? 1);
    const exchange = ranks && exchangeBetween(ranks, options.compression);
    const engine = await withRanks(ranks, () =>
      TrainingEngine.create(config, {
        exchange,
        weights,
        resume: checkpoint,
        device,
        threads,
        lowMemory: options.lowMemory,
        recompute: options.recompute ?? (options.lowMemory ? "light" : "none"),
      }),
    );
    open(engine);
    const loader = open(
      runLoader(config, data, {
        seed: config.seed,
        startStep,
        workers,
        share: ranks && { rank: ranks.rank, ranks: ranks.ranks },
      }),
    );
    const metrics = await onFirst(ranks, () => openMetrics(folder, step));
    if (ranks) await requireEqual(ranks, engine);
    if (config.precision === "mixed" && engine.precision === "fp32") {
      options.onNotice?.(`${engine.device} has no fast half precision: training in single precision`);
    }
    const machinery = { engine, loader, heldOut, segments, metrics };
    let skipped = checkpoint?.skipped ?? 0;
    const work = {
      steps: config.steps,
      metrics,
      step: () => engine.progress.step,
      async advance(record: (line: RunRecord) => void) {
        skipped = await advance(config, options, machinery, { skipped, record });
      },
      checkpoint: async () => ({ ...(await engine.state()), skipped }),
      isStopped: () => agreedStop(ranks, options.signal),
    };
    return runLoop(work, options);
  });
}

/** One update, its record, and what is due after it. Gives the updates skipped so far. */
async function advance(
  config: RunConfig,
  options: TrainOptions,
  { engine, loader, heldOut, segments, metrics }: Machinery,
  { skipped: before, record }: { readonly skipped: number; readonly record: (line: RunRecord) => void },
): Promise<number> {
  const { ranks } = options;
  const traffic = stepTraffic(ranks);
  const began = performance.now();
  const passes: { batch: TrainingBatch; loss: number }[] = [];
  for (let pass = 0; pass < (config.accumulation ?? 1); pass++) {
    const batch = await loader.next();
    passes.push({ batch, loss: (await engine.accumulate(batch)).loss });
  }
  const result = await engine.update();
  const { step } = result;
  const skipped = before + (result.skipped ? 1 : 0);
  const seconds = (performance.now() - began) / 1000;
  const { waitShare, unreadable } = loader.stats();
  const line = stepRecord(result, {
    samplesPerSecond: (config.batchSize * passes.length) / seconds,
    waitShare,
    skippedSteps: skipped || undefined,
    unreadable: unreadable.count || undefined,
    ...traffic(),
  });
  record(line);
  if (metrics) options.onStep?.(line);
  if (engine.progress.nonFinite > 0) {
    const files = await saveBatches(options.folder, config, step, passes, ranks?.rank);
    const message = `skipped; saved ${files.join(", ")}`;
    record({ kind: "warning", step, code: "LOSS_NOT_FINITE", message });
    requireFinite(engine, config, result, files);
  } else if (result.skipped) requireScale(engine, step);
  if (heldOut && metrics && isDue(config.validation, step, config.steps)) {
    record({ kind: "validation", step, ...(await validate(engine, config, heldOut, options)) });
  }
  if (segments && metrics && isDue(config.trackingTest, step, config.steps)) {
    record({ kind: "tracking", step, ...(await trackingTest(engine, config, segments, options.threads)) });
  }
  if (ranks && (step % EQUALITY_STEPS === 0 || step === config.steps)) await requireEqual(ranks, engine);
  return skipped;
}

/** Now and then, and at the end. */
function isDue(what: { readonly everySteps: number } | undefined, step: number, last: number): boolean {
  return what !== undefined && (step % what.everySteps === 0 || step === last);
}

function stepRecord(
  { step, loss, bce, giou, iou, gradNorm, learningRate, lossScale }: UpdateResult,
  rest: Pick<
    StepRecord,
    | "samplesPerSecond"
    | "waitShare"
    | "skippedSteps"
    | "unreadable"
    | "ranks"
    | "exchangedMb"
    | "exchangeSeconds"
    | "exchangeWaitSeconds"
  >,
): StepRecord {
  return {
    step,
    loss,
    bce,
    giou,
    iou,
    gradNorm,
    learningRate,
    ...rest,
    memoryMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    lossScale,
  };
}

function requireFinite(
  engine: TrainingEngine,
  { maxNonFinite = 1 }: RunConfig,
  { step, loss, gradNorm }: UpdateResult,
  files: readonly string[],
): void {
  const { nonFinite } = engine.progress;
  if (nonFinite < maxNonFinite) return;
  const what = Number.isFinite(loss)
    ? `the gradient norm of step ${step} is ${gradNorm}`
    : `the loss of step ${step} is ${loss}`;
  const row = nonFinite > 1 ? `, the ${nonFinite}th update in a row that is not finite` : "";
  throw new LoratError("LOSS_NOT_FINITE", `${what}${row}`, {
    hint: `the batch is in ${files.join(", ")}; start again with a lower learning rate, or look into that batch`,
  });
}

function requireScale(engine: TrainingEngine, step: number): void {
  const { lossScale } = engine.progress;
  if (!lossScale || lossScale.scale >= smallestLossScale) return;
  throw new LoratError(
    "LOSS_NOT_FINITE",
    `the gradients of step ${step} and those before it are not finite, however small the loss is scaled`,
    { hint: "train with precision fp32, or with a lower learning rate" },
  );
}

/** The network's parameters at the start, with a caller's own in their places; the frozen ones alone on resume. */
async function networkWeights(
  config: RunConfig,
  own: TrainOptions["startFrom"],
  checkpoint: Checkpoint | undefined,
): Promise<Map<string, StoredTensor>> {
  if (checkpoint) return startingWeights(config, checkpoint.tensors);
  const weights = await startingWeights(config);
  for (const { name, role } of parametersOf(config.model, { training: true })) {
    const tensor = role.trains && own?.get(name);
    if (tensor) weights.set(name, float32(tensor.data.slice(), tensor.shape));
  }
  return weights;
}

/** Fingerprints of what the run reads. */
async function fingerprints(
  config: RunConfig,
  data: RunData,
  heldOut: RunData | undefined,
): Promise<Record<string, string>> {
  return {
    data: data.fingerprint,
    ...(heldOut && { validation: heldOut.fingerprint }),
    ...(config.stem !== undefined && { stem: await stemFingerprint(config.stem) }),
    ...(config.base !== undefined && { base: await baseFingerprint(await openBase(config.base)) }),
  };
}
