import { type Device, float32, Graph, Session, type Tensor, type Weights } from "@lorat/graph";
import type { ModelConfig } from "../model/config.ts";
import { loratFromTokens, networkInputs, templateTokens } from "../model/lorat.ts";
import { searchSizePx, templateSizePx } from "../model/variants.ts";

/** A model's weights with the configuration that they belong to. */
export interface Model {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
}

export interface NetworkRunOptions {
  readonly device?: Device;
  readonly threads?: number;
}

/** The maps of a batch. */
export interface Maps {
  /** `[batch, grid, grid]`, logits. */
  readonly scoreMap: Float32Array;
  /** `[batch, grid, grid, 4]`, `[x1, y1, x2, y2]` fractions of the search crop. */
  readonly boxes: Float32Array;
}

/** Batch sizes whose sessions are kept beside the single target's; older ones are released. */
const keptBatchSizes = 2;

/**
 * LoRAT's two halves at inference: the template is embedded once a target, then every frame runs the search half, one
 * session for each batch size that is asked for.
 */
export class TrackingNetwork {
  readonly model: Model;
  readonly #options: NetworkRunOptions;
  #template: Promise<Session> | undefined;
  readonly #search = new Map<number, Promise<Session>>();

  constructor(model: Model, options: NetworkRunOptions) {
    this.model = model;
    this.#options = options;
  }

  /** Compiles the sessions of one target ahead of the first frame. */
  async warmUp(): Promise<void> {
    await Promise.all([this.#templateSession(), this.#searchSession(1)]);
  }

  /** `[Nz * dim]`: the embedded template. pixels: `[3, size, size]` normalised; mask: `[Nz]`. */
  async embedTemplate(pixels: Float32Array, mask: Float32Array): Promise<Float32Array> {
    const { variant } = this.model.config;
    const size = templateSizePx(variant);
    const { tokens } = await (await this.#templateSession()).compute({
      template: float32(pixels, [1, 3, size, size]),
      template_mask: float32(mask, [1, variant.templateGrid ** 2]),
    });
    return tokens!.data as Float32Array;
  }

  /** The maps of `batch` targets. templates: `[batch, Nz, dim]`; searches: `[batch, 3, size, size]` normalised. */
  async search(templates: Float32Array, searches: Float32Array, batch: number): Promise<Maps> {
    const { variant } = this.model.config;
    const size = searchSizePx(variant);
    const session = await this.#searchSession(batch);
    const feeds: Record<string, Tensor> = {
      template_tokens: float32(templates, [batch, variant.templateGrid ** 2, variant.dim]),
      search: float32(searches, [batch, 3, size, size]),
    };
    const { score_map, boxes } = await session.compute(feeds);
    return { scoreMap: score_map!.data as Float32Array, boxes: boxes!.data as Float32Array };
  }

  async dispose(): Promise<void> {
    const sessions = [...this.#search.values(), ...(this.#template ? [this.#template] : [])];
    this.#search.clear();
    this.#template = undefined;
    await Promise.all(sessions.map(async (session) => (await session).dispose()));
  }

  #templateSession(): Promise<Session> {
    this.#template ??= (() => {
      const { config, weights } = this.model;
      const inputs = networkInputs(new Graph(), config, 1);
      const tokens = templateTokens(inputs.template, inputs.templateMask, config);
      return Session.create({ tokens }, { ...this.#options, weights });
    })();
    return this.#template;
  }

  #searchSession(batch: number): Promise<Session> {
    const known = this.#search.get(batch);
    if (known) return known;
    const { config, weights } = this.model;
    const { variant } = config;
    const graph = new Graph();
    const tokens = graph.input("template_tokens", [batch, variant.templateGrid ** 2, variant.dim]);
    const size = searchSizePx(variant);
    const { scoreMap, boxes } = loratFromTokens(
      tokens,
      graph.input("search", [batch, 3, size, size]),
      config,
    );
    const session = Session.create({ score_map: scoreMap, boxes }, { ...this.#options, weights });
    this.#search.set(batch, session);
    const batches = [...this.#search.keys()].filter((size) => size !== 1 && size !== batch);
    for (const old of batches.slice(0, Math.max(batches.length + 1 - keptBatchSizes, 0))) {
      const stale = this.#search.get(old)!;
      this.#search.delete(old);
      void stale.then((s) => s.dispose());
    }
    return session;
  }
}
