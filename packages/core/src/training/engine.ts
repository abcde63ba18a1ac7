import {
  asyncDisposeSymbol,
  type ConcreteDevice,
  type Device,
  LoratError,
  readBack,
  resolveDevice,
  Session,
  type StoredTensor,
  scalar,
  type Tensor,
  type Weights,
} from "@lorat/graph";
import { optimizerNames as names, outputNames, targetNames } from "../graph-names.ts";
import type { Parameter } from "../model/parameters.ts";
import { hasHalfPrecision } from "../precision/precision.ts";
import { batchFeeds, type TrainingBatch } from "./batch.ts";
import { dropPathChoices } from "./drop-path-choices.ts";
import type { Exchange } from "./exchange.ts";
import { GradientSum } from "./gradient-sum.ts";
import { type LossTerms, lossTerms, meanTerms } from "./loss.ts";
import { initialLossScale, nextLossScale } from "./loss-scaler.ts";
import { Optimizer } from "./optimizer.ts";
import type { Recompute } from "./recompute.ts";
import { initialStatistics, type RunningStatistics, updateStatistics } from "./running-statistics.ts";
import type { TrainingSettings } from "./settings.ts";
import { trainingStep } from "./step.ts";
import { requireWeight, startState, type TrainingProgress, type TrainingState } from "./training-state.ts";

/** What training starts from, and what it runs on. */
export interface EngineOptions {
  /**
   * Every parameter of the network under its name in training. Frozen ones may lie in files, which are mapped and never
   * read into JavaScript; trainable ones are float32 in memory, and are taken over: their arrays are written to.
   */
  readonly weights: Weights;
  /** Continues from here. Trainable parameters then come from these tensors, which the engine writes to. */
  readonly resume?: TrainingState;
  readonly device?: Device;
  /** Threads inside an operator, CPU only. */
  readonly threads?: number;
  /** True makes no second copy of frozen weights in the processor's own layout: less memory, a little slower. CPU only. */
  readonly lowMemory?: boolean;
  /** What the backward pass computes again to save memory; default: `none`. */
  readonly recompute?: Recompute;
  /** Whether the device computes in half precision; default: it is tried. */
  readonly half?: boolean;
  /**
   * The other ranks, where several processes train together: batches are this rank's share of the whole (`settings.batchSize`
   * pairs), and every rank makes the same updates.
   */
  readonly exchange?: Exchange | undefined;
}

/** What one update did. */
export interface UpdateResult extends LossTerms {
  /** Number of updates so far, this one included. */
  readonly step: number;
  /** Global L2 norm of the gradients before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
  /** Why the parameters were left as they were, if they were. */
  readonly skipped?: "loss" | "gradients";
  /** The factor on the loss that this update was made with; mixed precision only. */
  readonly lossScale?: number;
}

/**
 * A network in training on one device: passes whose gradients add up, and updates. It knows nothing of files or of where
 * batches come from.
 *
 * @example
 * const engine = await TrainingEngine.create(settings, { weights });
 * for await (const batch of batches) console.log((await engine.step(batch)).loss);
 */
export class TrainingEngine {
  readonly device: ConcreteDevice;
  /** `mixed` if that was requested and the device has half precision, else `fp32`. */
  readonly precision: "fp32" | "mixed";
  /** Parameters that train. */
  readonly trainable: readonly Parameter[];
  readonly #settings: TrainingSettings;
  readonly #frozen: Weights;
  readonly #session: Session;
  readonly #optimizer: Optimizer;
  readonly #sum: GradientSum;
  readonly #statistics: RunningStatistics;
  readonly #exchange: Exchange | undefined;
  #progress: TrainingProgress;
  #passes: LossTerms[] = [];

  private constructor(
    settings: TrainingSettings,
    weights: Weights,
    parts: {
      session: Session;
      optimizer: Optimizer;
      sum: GradientSum;
      statistics: RunningStatistics;
      exchange: Exchange | undefined;
    },
    trainable: readonly Parameter[],
    progress: TrainingProgress,
  ) {
    this.device = parts.session.device;
    this.precision = progress.lossScale ? "mixed" : "fp32";
    this.trainable = trainable;
    this.#settings = settings;
    const trained = new Set(trainable.map(({ name }) => name));
    this.#frozen = new Map([...weights].filter(([name]) => !trained.has(name)));
    this.#session = parts.session;
    this.#optimizer = parts.optimizer;
    this.#sum = parts.sum;
    this.#statistics = parts.statistics;
    this.#exchange = parts.exchange;
    this.#progress = progress;
  }

  /** Builds the sessions. Throws `RANKS_BATCH` where the ranks do not divide the batch, `WEIGHTS_NAMES` for a parameter without data, and what sessions throw. */
  static async create(settings: TrainingSettings, options: EngineOptions): Promise<TrainingEngine> {
    const { weights, resume, threads, lowMemory, recompute, exchange } = options;
    const device = await resolveDevice(options.device ?? "auto");
    const mixed = settings.precision === "mixed" && (options.half ?? (await hasHalfPrecision(device)));
    const { model, batchSize, accumulation = 1 } = settings;
    const built = trainingStep(model, ownBatchSize(batchSize, exchange), {
      wholeBatch: batchSize,
      iouAware: settings.iouAware,
      mixed,
      recompute,
    });
    const { trainable } = built;
    // Maps of scores and boxes are not needed from step to step.
    const { [outputNames.scoreMap]: _scores, [outputNames.boxes]: _boxes, ...outputs } = built.outputs;
    const fed = new Set(trainable.map(({ name }) => name));
    for (const { name } of built.graph.parameters.values()) requireWeight(name, weights, fed, resume);
    const session = await Session.create(outputs, {
      device,
      weights,
      fed,
      threads,
      lowMemory,
      purpose: "training",
      keepOnDevice: trainable.map(({ name }) => names.gradient(name)),
    });
    const state = startState(trainable, weights, resume);
    const optimizer = await Optimizer.create(settings, trainable, state, device);
    const sum = await GradientSum.create(trainable, accumulation, device);
    const statistics = initialStatistics(built, resume?.tensors ?? weights);
    const { lossScale = initialLossScale, ...progress } = resume?.progress ?? {
      step: 0,
      updates: 0,
      nonFinite: 0,
    };
    const parts = { session, optimizer, sum, statistics, exchange };
    return new TrainingEngine(settings, weights, parts, trainable, {
      ...progress,
      lossScale: mixed ? lossScale : undefined,
    });
  }

  get progress(): TrainingProgress {
    return this.#progress;
  }

  /**
   * Forward and backward pass of one batch; its gradients are added to those of the update to come. With other ranks, the
   * terms given are this rank's part of the whole batch's.
   */
  async accumulate(batch: TrainingBatch): Promise<LossTerms> {
    const { step, lossScale } = this.#progress;
    const { accumulation = 1, batchSize, model, seed } = this.#settings;
    const pass = step * accumulation + this.#passes.length;
    const choices = dropPathChoices(model, batchSize, seed, pass, this.#exchange);
    const results = await this.#session.run(
      {
        ...Object.fromEntries(this.#optimizer.state),
        ...batchFeeds(await this.#withAllPositives(batch), this.#settings),
        ...(choices && { [targetNames.dropPath]: choices }),
        ...(lossScale && { [targetNames.lossScale]: scalar(lossScale.scale) }),
      },
      this.#sum.memory,
    );
    const terms = lossTerms(results as Record<string, Tensor>);
    if (Number.isFinite(terms.loss)) updateStatistics(this.#statistics, results as Record<string, Tensor>);
    await this.#sum.add(results);
    this.#passes.push(terms);
    return terms;
  }

  /**
   * Updates the parameters with the gradients accumulated, divided by the number of passes, unless the loss or one of
   * them is not finite: the update is skipped then, and counts as a step of the schedule all the same. Throws
   * `TRAINING_NO_PASS` when there was no pass.
   */
  async update(): Promise<UpdateResult> {
    if (!this.#sum.sum)
      throw new LoratError("TRAINING_NO_PASS", "an update needs at least one pass before it");
    const { step, updates, nonFinite, lossScale } = this.#progress;
    const terms = await this.#bringTogether(meanTerms(this.#passes));
    const gradients = this.#sum.sum;
    const gradientScale = this.#passes.length * (lossScale?.scale ?? 1);
    const gradNorm = await this.#optimizer.gradientNorm(gradients, gradientScale);
    const skipped = !Number.isFinite(terms.loss)
      ? ("loss" as const)
      : !Number.isFinite(gradNorm)
        ? ("gradients" as const)
        : undefined;
    const at = { step, updates, gradientScale };
    if (!skipped) await this.#optimizer.update(gradients, gradNorm, at);
    this.#sum.clear();
    this.#passes = [];
    const failed = skipped === "loss" || (skipped === "gradients" && !lossScale);
    this.#progress = {
      step: step + 1,
      updates: updates + (skipped ? 0 : 1),
      nonFinite: failed ? nonFinite + 1 : 0,
      lossScale: lossScale && nextLossScale(lossScale, !skipped),
    };
    const rate = this.#optimizer.learningRate(step);
    return {
      step: step + 1,
      ...terms,
      gradNorm,
      learningRate: rate,
      skipped,
      lossScale: lossScale?.scale,
    };
  }

  /** A rank's batch with the number of positive cells in all ranks' batches, by which the loss is divided. */
  async #withAllPositives(batch: TrainingBatch): Promise<TrainingBatch> {
    if (!this.#exchange) return batch;
    // The batch's own count is at least 1, also where no cell is positive.
    const count = Float64Array.of(batch.positives.reduce((sum, value) => sum + value, 0));
    await this.#exchange.sum(count);
    return { ...batch, positiveCount: Math.max(count[0]!, 1) };
  }

  /** Sums gradients and loss terms over the ranks; running statistics become their mean. */
  async #bringTogether(own: LossTerms): Promise<LossTerms> {
    const exchange = this.#exchange;
    if (!exchange) return own;
    const statistics = [...this.#statistics.values()].flatMap(({ data }) => [...data]);
    const numbers = Float64Array.of(own.loss, own.bce, own.giou, own.iou, ...statistics);
    await exchange.sum(numbers);
    const [loss, bce, giou, iou] = numbers as unknown as [number, number, number, number];
    let at = 4;
    for (const { data } of this.#statistics.values()) {
      for (let i = 0; i < data.length; i++) data[i] = numbers[at++]! / exchange.ranks;
    }
    await this.#sum.change((gradients) => exchange.sumGradients(gradients));
    return { loss, bce, giou, iou };
  }

  /** One update from the batches given: a pass for each. */
  async step(...batches: readonly TrainingBatch[]): Promise<UpdateResult> {
    for (const batch of batches) await this.accumulate(batch);
    return this.update();
  }

  /**
   * Every parameter of the network as it is now, under its name in training: frozen ones as they were given, trained ones
   * in memory. On the CPU those are the engine's own arrays: they change with the next update. With `average` the
   * exponential average takes the place of the last value.
   */
  async weights({ average = false } = {}): Promise<Map<string, StoredTensor>> {
    const weights = new Map<string, StoredTensor>(this.#frozen);
    const { state } = this.#optimizer;
    for (const { name } of this.trainable) {
      const tensor = (average && state.get(names.average(name))) || state.get(name)!;
      weights.set(name, await readBack(tensor));
    }
    for (const [name, tensor] of this.#statistics) weights.set(name, tensor);
    return weights;
  }

  /** All that {@link EngineOptions.resume} needs. On the CPU the tensors are the engine's own arrays. */
  async state(): Promise<TrainingState> {
    const tensors = new Map<string, Tensor<"float32">>();
    for (const [name, tensor] of this.#optimizer.state) {
      tensors.set(name, (await readBack(tensor)) as Tensor<"float32">);
    }
    for (const [name, tensor] of this.#statistics) tensors.set(name, tensor);
    return { progress: this.#progress, tensors };
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#session.dispose(), this.#optimizer.dispose(), this.#sum.dispose()]);
  }

  [asyncDisposeSymbol](): Promise<void> {
    return this.dispose();
  }
}

/** Pairs that one rank computes of a batch. Throws `RANKS_BATCH` where the ranks do not divide it. */
export function ownBatchSize(
  batchSize: number,
  { ranks }: { readonly ranks: number } = { ranks: 1 },
): number {
  if (batchSize % ranks === 0) return batchSize / ranks;
  throw new LoratError(
    "RANKS_BATCH",
    `a batch of ${batchSize} pairs cannot be divided among ${ranks} ranks`,
    {
      hint:
        batchSize < ranks
          ? `start at most ${batchSize} ranks, or train with a larger batch`
          : "start a number of ranks that divides the batch, or change the batch: --batch PAIRS",
    },
  );
}
