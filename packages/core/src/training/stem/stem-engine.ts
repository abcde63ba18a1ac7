import { asyncDisposeSymbol, type Device, float32, resolveDevice, Session, type Tensor } from "@lorat/graph";
import { optimizerNames as names } from "../../graph-names.ts";
import { Optimizer } from "../optimizer.ts";
import { initialStatistics, type RunningStatistics, updateStatistics } from "../running-statistics.ts";
import type { StemSettings } from "../settings.ts";
import { startState, type TrainingState } from "../training-state.ts";
import { type StemStep, stemComparison, stemInputs, stemStages, stemStep } from "./stem-graph.ts";
import { foldedStem, type TeacherStatistics } from "./stem-weights.ts";

/** What the stem's training starts from, and what it runs on. */
export interface StemEngineOptions {
  /** Trainable parameters at the start, and running statistics where they are known; taken over. */
  readonly weights: ReadonlyMap<string, Tensor<"float32">>;
  readonly teacher: TeacherStatistics;
  /** Goes on from here. */
  readonly resume?: TrainingState | undefined;
  readonly device?: Device | undefined;
  readonly threads?: number | undefined;
}

/** One batch: crops, and what the teacher makes of them at every stage. */
export interface StemBatch {
  /** `[batch, 3, side, side]`, ImageNet-normalised. */
  readonly pixels: Float32Array;
  readonly teacher: readonly Tensor<"float32">[];
}

/** What one update did. */
export interface StemUpdate {
  /** Updates behind, counting this one. */
  readonly step: number;
  readonly way: "alone" | "whole";
  readonly loss: number;
  /** Mean square of the last stage's error, in units of the teacher's variance. */
  readonly lastStage: number;
  readonly gradNorm: number;
  readonly learningRate: number;
}

/** A stem in training on one device; it knows nothing of files or of where crops come from. */
export class StemEngine {
  readonly #settings: StemSettings;
  readonly #options: StemEngineOptions;
  readonly #optimizer: Optimizer;
  readonly #statistics: RunningStatistics;
  readonly #teacherFeeds: Readonly<Record<string, Tensor>>;
  #current: { way: "alone" | "whole"; session: Session } | undefined;
  #step: number;

  private constructor(
    settings: StemSettings,
    options: StemEngineOptions,
    parts: { optimizer: Optimizer; statistics: RunningStatistics },
  ) {
    this.#settings = settings;
    this.#options = options;
    this.#optimizer = parts.optimizer;
    this.#statistics = parts.statistics;
    this.#step = options.resume?.progress.step ?? 0;
    const { means, deviations } = options.teacher;
    this.#teacherFeeds = Object.fromEntries([
      ...means.map((data, i) => [stemInputs.mean(i), float32(data, [data.length])] as const),
      ...deviations.map((data, i) => [stemInputs.deviation(i), float32(data, [data.length])] as const),
    ]);
  }

  /** Builds the optimiser; sessions follow when they are needed. Throws what sessions throw. */
  static async create(settings: StemSettings, options: StemEngineOptions): Promise<StemEngine> {
    const { weights, resume } = options;
    const step = stemStep(settings, "whole");
    const device = await resolveDevice(options.device ?? "auto");
    const state = startState(step.trainable, weights, resume);
    const optimizer = await Optimizer.create(settings, step.trainable, state, device);
    return new StemEngine(settings, options, {
      optimizer,
      statistics: initialStatistics(step, resume?.tensors ?? weights),
    });
  }

  get step(): number {
    return this.#step;
  }

  /** One update from one batch. */
  async update({ pixels, teacher }: StemBatch): Promise<StemUpdate> {
    const { batchSize, sidePx, stepsAlone } = this.#settings;
    const way = this.#step < stepsAlone ? "alone" : "whole";
    const session = await this.#session(way);
    const results = await session.run({
      ...Object.fromEntries(this.#optimizer.state),
      ...this.#teacherFeeds,
      ...Object.fromEntries(teacher.map((map, i) => [stemInputs.teacher(i), map])),
      [stemInputs.pixels]: float32(pixels, [batchSize, 3, sidePx, sidePx]),
    });
    const number = (name: string) => Number((results[name] as Tensor).data[0]);
    updateStatistics(this.#statistics, results as Record<string, Tensor>);
    const gradients = Object.fromEntries(
      Object.entries(results).filter(([name]) => name.startsWith(names.gradient(""))),
    );
    const gradNorm = await this.#optimizer.gradientNorm(gradients);
    const at = { step: this.#step, updates: this.#step, gradientScale: 1 };
    await this.#optimizer.update(gradients, gradNorm, at);
    const learningRate = this.#optimizer.learningRate(this.#step);
    this.#step++;
    const loss = number("loss");
    return {
      step: this.#step,
      way,
      loss,
      lastStage: number(`stage/${stemStages - 1}`),
      gradNorm,
      learningRate,
    };
  }

  /** The stem as it is now, batch normalisation folded in, under the network's names. */
  folded(): Map<string, Tensor<"float32">> {
    return foldedStem(this.#trained());
  }

  /** All that {@link StemEngineOptions.resume} needs. */
  state(): TrainingState {
    const tensors = new Map<string, Tensor<"float32">>();
    for (const [name, tensor] of this.#optimizer.state) tensors.set(name, tensor as Tensor<"float32">);
    for (const [name, tensor] of this.#statistics) tensors.set(name, tensor);
    return { progress: { step: this.#step, updates: this.#step, nonFinite: 0 }, tensors };
  }

  /** The share of the teacher's variance that the stem explains over some batches, 1 at best. */
  async explained(batches: AsyncIterable<StemBatch>): Promise<number> {
    const { batchSize, sidePx } = this.#settings;
    const last = stemStages - 1;
    const { device, threads } = this.#options;
    const session = await Session.create(stemComparison(this.#settings), {
      weights: this.folded(),
      device,
      threads,
    });
    const totals: Record<string, Float64Array> = {};
    let samples = 0;
    try {
      for await (const { pixels, teacher } of batches) {
        const sums = await session.compute({
          [stemInputs.pixels]: float32(pixels, [batchSize, 3, sidePx, sidePx]),
          [stemInputs.teacher(last)]: teacher[last]!,
          [stemInputs.mean(last)]: this.#teacherFeeds[stemInputs.mean(last)]!,
          [stemInputs.deviation(last)]: this.#teacherFeeds[stemInputs.deviation(last)]!,
        });
        samples += teacher[last]!.data.length / teacher[last]!.shape[1]!;
        for (const [name, { data }] of Object.entries(sums)) {
          totals[name] ??= new Float64Array(data.length);
          const total = totals[name];
          for (let i = 0; i < total.length; i++) total[i]! += Number(data[i]);
        }
      }
    } finally {
      await session.dispose();
    }
    const { error, sum, squares } = totals as {
      error: Float64Array;
      sum: Float64Array;
      squares: Float64Array;
    };
    const variance = squares.reduce((all, square, c) => all + square - sum[c]! ** 2 / samples, 0);
    return 1 - error.reduce((all, one) => all + one, 0) / variance;
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#current?.session.dispose(), this.#optimizer.dispose()]);
  }

  [asyncDisposeSymbol](): Promise<void> {
    return this.dispose();
  }

  #trained(): Map<string, Tensor<"float32">> {
    const trained = new Map<string, Tensor<"float32">>();
    for (const [name, tensor] of this.#optimizer.state) {
      if (name.startsWith("stem.")) trained.set(name, tensor as Tensor<"float32">);
    }
    for (const [name, tensor] of this.#statistics) trained.set(name, tensor);
    return trained;
  }

  async #session(way: "alone" | "whole"): Promise<Session> {
    if (this.#current?.way === way) return this.#current.session;
    await this.#current?.session.dispose();
    const { trainable, outputs }: StemStep = stemStep(this.#settings, way);
    const { device, threads } = this.#options;
    const fed = new Set(trainable.map(({ name }) => name));
    const session = await Session.create(outputs, {
      device,
      threads,
      weights: new Map(),
      fed,
      purpose: "training",
    });
    this.#current = { way, session };
    return session;
  }
}
