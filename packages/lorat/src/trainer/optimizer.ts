import {
  type AdamWOptions,
  adamWGraph,
  adamWScalars,
  learningRate,
  optimizerNames as names,
  type OptimizerGroup,
  type ParameterGroup,
  parameterGroups,
  type Schedule,
} from "@lorat/core";
import {
  type Device,
  float32,
  Graph,
  Session,
  type Shape,
  scalar,
  sizeOf,
  type Tensor,
  type Value,
} from "@lorat/graph";
import type { RunConfig } from "./run-config.ts";

/** Tensors by name, as they are fed and kept. */
export type Tensors = Map<string, Tensor<"float32">>;

/** The run's schedule: the cosine ends with the last step. */
export function runSchedule({ optimizer, steps }: RunConfig): Schedule {
  return {
    cosineUpdates: Math.max(steps - optimizer.warmupSteps, 1),
    warmupUpdates: optimizer.warmupSteps,
    warmupLr: optimizer.warmupLearningRate,
    minLr: optimizer.minLearningRate,
    warmupPrefix: true,
  };
}

/** AdamW over a model's trainable parameters: its session, its groups, and its state between steps. */
export class Optimizer {
  /** Parameters, moments and averages under the names of `optimizerNames`. */
  readonly state: Tensors;
  readonly #config: RunConfig;
  readonly #groups: readonly ParameterGroup[];
  readonly #settings: readonly OptimizerGroup[];
  readonly #session: Session;
  readonly #schedule: Schedule;
  readonly #options: AdamWOptions;

  private constructor(
    config: RunConfig,
    groups: readonly ParameterGroup[],
    session: Session,
    state: Tensors,
    options: AdamWOptions,
  ) {
    this.#config = config;
    this.#groups = groups;
    this.#settings = settingsOf(groups);
    this.#session = session;
    this.#schedule = runSchedule(config);
    this.#options = options;
    this.state = state;
  }

  /** Builds the optimiser's graph. `state` holds the parameters, and the moments when a run is resumed. */
  static async create(
    config: RunConfig,
    trainable: readonly Value[],
    state: Tensors,
    device: Device,
  ): Promise<Optimizer> {
    const { learningRate: baseLr, weightDecay, layerDecay, maxGradNorm, beta2 } = config.optimizer;
    const groups = parameterGroups(trainable, {
      baseLr,
      weightDecay,
      ...(layerDecay !== undefined && {
        layerDecay: { rate: layerDecay, depth: config.model.variant.depth },
      }),
    });
    const average = config.averageDecay !== undefined;
    const options: AdamWOptions = { maxGradNorm, average, ...(beta2 !== undefined && { beta2 }) };
    const shapes = new Map<string, Shape>(trainable.map(({ name, shape }) => [name, shape]));
    for (const [name, shape] of shapes) {
      for (const key of [names.mean(name), names.variance(name)]) {
        if (!state.has(key)) state.set(key, float32(new Float32Array(sizeOf(shape)), shape));
      }
      if (average && !state.has(names.average(name))) state.set(names.average(name), state.get(name)!);
    }
    const graph = adamWGraph(new Graph(), shapes, settingsOf(groups), options);
    return new Optimizer(config, groups, await Session.create(graph, { device }), state, options);
  }

  /**
   * Takes optimiser step `step` (from 0) with the gradients in `gradients`; gives the gradient norm before clipping and
   * the base learning rate used.
   */
  async step(
    step: number,
    gradients: Readonly<Record<string, Tensor>>,
  ): Promise<{ norm: number; rate: number }> {
    const rates = this.#groups.map(({ baseLr }) => learningRate(step, baseLr, this.#schedule));
    const scalars = adamWScalars(step + 1, rates, this.#settings, this.#options);
    const feeds: Record<string, Tensor> = {
      ...gradients,
      ...Object.fromEntries(this.state),
      [names.stepSizes]: float32(scalars.stepSizes, [this.#groups.length]),
      [names.decays]: float32(scalars.decays, [this.#groups.length]),
      [names.correction]: scalar(scalars.correction),
    };
    const { averageDecay } = this.#config;
    // A young average forgets faster, so that the start does not linger in it.
    if (averageDecay !== undefined)
      feeds[names.averageDecay] = scalar(Math.min(averageDecay, (1 + step) / (10 + step)));
    const updated = await this.#session.compute(feeds);
    for (const key of this.state.keys()) {
      const fresh = updated[`updated/${key}`];
      if (fresh) this.state.set(key, fresh as Tensor<"float32">);
    }
    const rate = learningRate(step, this.#config.optimizer.learningRate, this.#schedule);
    return { norm: Number(updated[names.gradNorm]!.data[0]), rate };
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}

function settingsOf(groups: readonly ParameterGroup[]): OptimizerGroup[] {
  return groups.map((group) => ({ names: group.names, weightDecay: group.weightDecay }));
}
