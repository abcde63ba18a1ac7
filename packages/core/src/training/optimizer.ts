import {
  asyncDisposeSymbol,
  bytesPerElement,
  type ConcreteDevice,
  type Device,
  type DeviceTensor,
  float32,
  Graph,
  resolveDevice,
  Session,
  type Shape,
  scalar,
  sizeOf,
  type Tensor,
} from "@lorat/graph";
import { optimizerNames as names } from "../graph-names.ts";
import type { Parameter } from "../model/parameters.ts";
import {
  type AdamWOptions,
  adamWGraph,
  adamWScalars,
  gradientNormGraph,
  type OptimizerGroup,
} from "./adamw.ts";
import { type Gradients, release } from "./gradient-sum.ts";
import { type ParameterGroup, parameterGroups } from "./parameter-groups.ts";
import { learningRate } from "./schedule.ts";
import { type TrainingSettings, trainingSchedule } from "./settings.ts";

/** Tensors by name, in JavaScript memory or on a device. */
export type TensorState = Map<string, Tensor | DeviceTensor>;

/**
 * Maximum bytes of parameters in one run of an update on the CPU: ONNX Runtime's binding copies every output, even one whose
 * memory it was given.
 */
const maximumBytes = 16 * 2 ** 20;

/** What an optimiser needs to know of a training. */
export type UpdateSettings = Pick<TrainingSettings, "optimizer" | "steps" | "averageDecay"> & {
  /** For layer-wise decay alone. */
  readonly model?: { readonly variant: { readonly depth: number } };
};

/** Which update of the training this is, and the divisor of its gradients. */
export interface UpdatePosition {
  /** Update of the schedule, from 0; updates that were skipped count. */
  readonly step: number;
  /** Updates that AdamW has taken before. */
  readonly updates: number;
  /** The gradients given are this many times the true ones: passes summed up, and the loss's scale. */
  readonly gradientScale: number;
}

/**
 * AdamW over a model's trainable parameters: sessions, groups, and state. On the CPU the state is updated in place, so an
 * update takes no new memory; on other devices it stays there from update to update.
 */
export class Optimizer {
  /** Parameters, moments and averages under the names of `optimizerNames`. */
  readonly state: TensorState;
  readonly #settings: UpdateSettings;
  readonly #groups: readonly ParameterGroup[];
  readonly #options: AdamWOptions;
  readonly #norm: Session;
  /** One for each part of the parameters. */
  readonly #updates: readonly Session[];
  readonly #device: ConcreteDevice;

  private constructor(
    settings: UpdateSettings,
    groups: readonly ParameterGroup[],
    options: AdamWOptions,
    sessions: { norm: Session; updates: readonly Session[] },
    state: TensorState,
    device: ConcreteDevice,
  ) {
    this.#settings = settings;
    this.#groups = groups;
    this.#options = options;
    this.#norm = sessions.norm;
    this.#updates = sessions.updates;
    this.#device = device;
    this.state = state;
  }

  /**
   * Builds the optimiser. `state` holds the parameters, and what else a checkpoint kept; it is taken over, its arrays are
   * written to. Throws what sessions throw.
   */
  static async create(
    settings: UpdateSettings,
    trainable: readonly Parameter[],
    state: TensorState,
    requested: Device,
  ): Promise<Optimizer> {
    const { learningRate: baseLr, weightDecay, layerDecay, beta2 } = settings.optimizer;
    const depth = settings.model?.variant.depth ?? 0;
    const groups = parameterGroups(trainable, {
      baseLr,
      weightDecay,
      layerDecay: layerDecay === undefined ? undefined : { rate: layerDecay, depth },
    });
    const average = settings.averageDecay !== undefined;
    const options = { average, beta2 };
    const shapes = new Map<string, Shape>(trainable.map(({ name, shape }) => [name, shape]));
    const device = await resolveDevice(requested);
    addMissing(state, shapes, average);
    const common = { device, purpose: "training" } as const;
    const norm = await Session.create(gradientNormGraph(new Graph(), shapes), common);
    const updates: Session[] = [];
    for (const part of device === "cpu" ? inParts(settingsOf(groups), shapes) : [settingsOf(groups)]) {
      const outputs = adamWGraph(new Graph(), shapes, part, options);
      updates.push(await Session.create(outputs, { ...common, keepOnDevice: Object.keys(outputs) }));
    }
    return new Optimizer(settings, groups, options, { norm, updates }, state, device);
  }

  /** Global L2 norm of gradients that are `gradientScale` times the true ones; NaN or infinite where one of them is. */
  async gradientNorm(gradients: Gradients, gradientScale = 1): Promise<number> {
    const { [names.gradNorm]: norm } = await this.#norm.compute(gradients);
    return Number(norm!.data[0]) / gradientScale;
  }

  /** The learning rate of update `step` of the schedule, from 0, where it does not decay by layer. */
  learningRate(step: number): number {
    return learningRate(step, this.#settings.optimizer.learningRate, trainingSchedule(this.#settings));
  }

  /** Takes an update with gradients of finite norm, clipping them. */
  async update(gradients: Gradients, norm: number, at: UpdatePosition): Promise<void> {
    const { maxGradNorm } = this.#settings.optimizer;
    const schedule = trainingSchedule(this.#settings);
    const rates = this.#groups.map((group) => learningRate(at.step, group.baseLr, schedule));
    const scalars = adamWScalars(at.updates + 1, rates, settingsOf(this.#groups), this.#options);
    const clip = Math.min(1, maxGradNorm / (norm + 1e-6));
    const feeds: Record<string, Tensor | DeviceTensor> = {
      ...gradients,
      ...Object.fromEntries(this.state),
      [names.stepSizes]: float32(scalars.stepSizes, [this.#groups.length]),
      [names.decays]: float32(scalars.decays, [this.#groups.length]),
      [names.correction]: scalar(scalars.correction),
      [names.gradientFactor]: scalar(clip / at.gradientScale),
    };
    const { averageDecay } = this.#settings;
    // A young average forgets faster, so that the start does not linger in it.
    if (averageDecay !== undefined) {
      feeds[names.averageDecay] = scalar(Math.min(averageDecay, (1 + at.updates) / (10 + at.updates)));
    }
    await this.#run(feeds);
  }

  async dispose(): Promise<void> {
    release(Object.fromEntries(this.state));
    await Promise.all([this.#norm, ...this.#updates].map((session) => session.dispose()));
  }

  [asyncDisposeSymbol](): Promise<void> {
    return this.dispose();
  }

  async #run(feeds: Readonly<Record<string, Tensor | DeviceTensor>>): Promise<void> {
    if (this.#device === "cpu") {
      const memory = Object.fromEntries(
        [...this.state].map(([name, tensor]) => [names.updated(name), tensor as Tensor]),
      );
      for (const update of this.#updates) await update.run(feeds, memory);
      return;
    }
    const updated = await this.#updates[0]!.run(feeds);
    const before = Object.fromEntries(this.state);
    for (const name of this.state.keys()) this.state.set(name, updated[names.updated(name)]!);
    release(before);
  }
}

/** The groups again and again, each time with a few of their parameters. */
function inParts(groups: readonly OptimizerGroup[], shapes: ReadonlyMap<string, Shape>): OptimizerGroup[][] {
  const places = new Map<string, number>();
  let part = 0;
  let bytes = 0;
  for (const name of groups.flatMap((group) => group.names)) {
    const more = sizeOf(shapes.get(name)!) * bytesPerElement.float32;
    if (bytes > 0 && bytes + more > maximumBytes) {
      part++;
      bytes = 0;
    }
    bytes += more;
    places.set(name, part);
  }
  return Array.from({ length: part + 1 }, (_, i) =>
    groups.map((group) => ({ ...group, names: group.names.filter((name) => places.get(name) === i) })),
  );
}

/** Moments start at zero, averages at the parameters. */
function addMissing(state: TensorState, shapes: ReadonlyMap<string, Shape>, average: boolean): void {
  for (const [name, shape] of shapes) {
    for (const key of [names.mean(name), names.variance(name)]) {
      if (!state.has(key)) state.set(key, float32(new Float32Array(sizeOf(shape)), shape));
    }
    if (average && !state.has(names.average(name))) {
      const { data } = state.get(name) as Tensor<"float32">;
      state.set(names.average(name), float32(data.slice(), shape));
    }
  }
}

function settingsOf(groups: readonly ParameterGroup[]): OptimizerGroup[] {
  return groups.map((group) => ({ names: group.names, weightDecay: group.weightDecay }));
}
