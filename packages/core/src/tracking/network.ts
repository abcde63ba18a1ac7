import {
  asyncDisposeSymbol,
  type ConcreteDevice,
  type Device,
  float32,
  resolveDevice,
  Session,
  type SessionOptions,
  sizeOf,
  type Value,
  type Weights,
} from "@lorat/graph";
import { inputNames, outputNames } from "../graph-names.ts";
import type { ModelConfig } from "../model/config.ts";
import { searchHalf, templateHalf, templateMemoryShape } from "../model/lorat.ts";
import { searchSizePx, templateCount, templateSizePx } from "../model/variants.ts";
import { atPrecision } from "../precision/at-precision.ts";
import type { Precision } from "../precision/precision.ts";
import type { ScoreCalibration } from "./calibration.ts";
import type { LoopSettings } from "./loop.ts";
import type { Maps } from "./postprocess.ts";
import type { PresenceWeights } from "./presence.ts";
import { type CreateSession, RenewableSession, type RunnableSession } from "./renewable-session.ts";

/** A model's weights with the configuration that they belong to. */
export interface Model {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
  /** Further linear layers that stay in single precision at int8 (see `lorat quantise`). */
  readonly singleLayers?: readonly string[];
  /** How the reported score follows from the network's; default: it is the same. */
  readonly calibration?: ScoreCalibration;
  /** How the tracker's loop departs from the reference's; default: it does not. */
  readonly loop?: LoopSettings;
  /** What speaks for a target's presence, and how much; default: `defaultPresence`. */
  readonly presence?: PresenceWeights;
}

/** What a network runs on, and at which precision. */
export interface NetworkRunOptions {
  readonly device?: Device;
  readonly threads?: number;
  /** Default: `fp32`. A precision that the device lacks is refused, never replaced. */
  readonly precision?: Precision;
  /** Folder where weights are stored as this device wants them, for the next start (see `SessionOptions`); Node only. */
  readonly cacheFolder?: string;
  /** Makes the sessions; default: `Session.create`. */
  readonly createSession?: CreateSession;
}

/** Number of batch sizes whose sessions stay open, besides that of a single target; older ones are released. */
const keptBatchSizes = 2;

/** Weights of more bytes than this are read where they lie: copies laid out for products would double them. */
const maximumPackedBytes = 2 ** 31;

/**
 * Networks of fewer parameters run on one thread unless told otherwise: two threads wait for each other at every small product,
 * and the decoder of a video needs a core of its own.
 */
const singleThreadNumbers = 4e6;

/**
 * LoRAT's two halves at inference: the template is embedded once a target, then every frame runs the search half, one
 * session for each batch size that is asked for.
 */
export class TrackingNetwork {
  readonly model: Model;
  readonly #options: SessionOptions;
  readonly #createSession: CreateSession;
  readonly #precision: Precision;
  #atPrecision: ReturnType<typeof atPrecision> | undefined;
  #template: RenewableSession | undefined;
  #device: ConcreteDevice | undefined;
  readonly #search = new Map<number, RenewableSession>();

  constructor(model: Model, options: NetworkRunOptions) {
    const { device, threads, precision = "fp32", cacheFolder, createSession = Session.create } = options;
    this.model = model;
    this.#createSession = createSession;
    this.#precision = precision;
    const numbers = [...model.weights.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const lowMemory = (precision === "int8" ? 1 : 4) * numbers > maximumPackedBytes;
    const ownThreads = threads ?? (numbers < singleThreadNumbers ? 1 : undefined);
    this.#options = { device, threads: ownThreads, cacheFolder, lowMemory };
  }

  /** Compiles the sessions of one target ahead of the first frame. */
  async warmUp(): Promise<void> {
    await Promise.all([this.#templateSession().ready(), this.#searchSession(1).ready()]);
  }

  /** Whether the search is compared with a recent view of the target beside the template. */
  get hasReference(): boolean {
    return templateCount(this.model.config.variant) > 1;
  }

  /**
   * What stays the same of a template, or of a reference, of {@link templateMemoryShape} for one of them. pixels: `[3, size, size]`
   * normalised; mask: `[Nz]`.
   */
  async embedTemplate(pixels: Float32Array, mask: Float32Array, isReference = false): Promise<Float32Array> {
    const { variant } = this.model.config;
    const size = templateSizePx(variant);
    const results = await this.#templateSession().compute({
      [inputNames.template]: float32(pixels, [1, 3, size, size]),
      [inputNames.templateMask]: float32(mask, [1, variant.templateGrid ** 2]),
      ...(this.hasReference && { [inputNames.isReference]: float32([isReference ? 1 : 0], [1]) }),
    });
    return results[outputNames.memory]!.data as Float32Array;
  }

  /** The maps of `batch` targets. templates: `[batch, ...templateMemoryShape]`; searches: `[batch, 3, size, size]` normalised. */
  async search(templates: Float32Array, searches: Float32Array, batch: number): Promise<Maps> {
    const { variant } = this.model.config;
    const size = searchSizePx(variant);
    const results = await this.#searchSession(batch).compute({
      [inputNames.templateMemory]: float32(templates, [batch, ...templateMemoryShape(this.model.config)]),
      [inputNames.search]: float32(searches, [batch, 3, size, size]),
    });
    const map = (name: string) => results[name]!.data as Float32Array;
    return { scoreMap: map(outputNames.scoreMap), boxes: map(outputNames.boxes) };
  }

  /** What its sessions run on; known after the first. */
  get device(): ConcreteDevice | undefined {
    return this.#device;
  }

  async dispose(): Promise<void> {
    const sessions = [...this.#search.values(), ...(this.#template ? [this.#template] : [])];
    this.#search.clear();
    this.#template = undefined;
    await Promise.all(sessions.map((session) => session.dispose()));
  }

  [asyncDisposeSymbol](): Promise<void> {
    return this.dispose();
  }

  #templateSession(): RenewableSession {
    this.#template ??= new RenewableSession(() => this.#makeSession(templateHalf(this.model.config)));
    return this.#template;
  }

  #searchSession(batch: number): RenewableSession {
    const known = this.#search.get(batch);
    if (known) return known;
    const session = new RenewableSession(() => this.#makeSession(searchHalf(this.model.config, batch)));
    this.#search.set(batch, session);
    const batches = [...this.#search.keys()].filter((size) => size !== 1 && size !== batch);
    for (const old of batches.slice(0, Math.max(batches.length + 1 - keptBatchSizes, 0))) {
      const stale = this.#search.get(old)!;
      this.#search.delete(old);
      void stale.dispose();
    }
    return session;
  }

  /** A session of a graph over the model's weights, at the precision asked for. */
  async #makeSession(outputs: Readonly<Record<string, Value>>): Promise<RunnableSession> {
    const { weights, singleLayers } = this.model;
    const { device = "auto" } = this.#options;
    this.#atPrecision ??= resolveDevice(device).then((settled) => {
      this.#device = settled;
      return atPrecision(weights, { precision: this.#precision, device: settled, singleLayers });
    });
    const graph = await (await this.#atPrecision)(outputs);
    return this.#createSession(graph.outputs, { ...this.#options, weights: graph.weights });
  }
}
