import {
  type Adaptation,
  allLinearLayers,
  type EmbeddingKind,
  type HeadKind,
  loraConfig,
} from "@lorat/core/model";
import type { RunConfig } from "../../runs/run-config.ts";

/** The ablations of the paper that can be repeated (specification section 1.8). */
export const ABLATIONS = ["embeddings", "head", "lora", "peft"] as const;
/** One of the paper's ablations. */
export type AblationName = (typeof ABLATIONS)[number];

/** One row of an ablation's table. */
export interface AblationRow {
  /** Short, and the name of the row's run folder. */
  readonly name: string;
  /** What is different, for people. */
  readonly title: string;
  /** True for LoRAT as published, with which the others are compared. */
  readonly published?: boolean;
  /** The run of this row, from the one that they share. */
  readonly change: (config: RunConfig) => RunConfig;
}

function embedding(kind: EmbeddingKind, trainPositions?: boolean) {
  return (config: RunConfig): RunConfig => ({
    ...config,
    model: { ...config.model, embedding: kind, trainPositions },
  });
}

function head(kind: HeadKind) {
  // The reference's targets are plain ones with heads that are not LoRAT's own.
  return (config: RunConfig): RunConfig => ({
    ...config,
    model: { ...config.model, head: kind },
    iouAware: kind.kind === "mlp",
  });
}

function adaptation(choose: (config: RunConfig) => Adaptation) {
  return (config: RunConfig): RunConfig => ({
    ...config,
    model: { ...config.model, adaptation: choose(config) },
  });
}

function lora(options: Parameters<typeof loraConfig>[1]) {
  return adaptation(({ model }) => loraConfig(model.variant, options).adaptation);
}

const attention = { ...allLinearLayers, mlp: false };
const queryAndValue = { q: true, k: false, v: true, proj: false, mlp: false };
const feedForward = { q: false, k: false, v: false, proj: false, mlp: true };

/** Factor a layer of the full fine-tuning baseline (specification section 3.7). */
const layerDecays: Readonly<Record<string, number>> = { S: 0.7, B: 0.7, L: 0.8, g: 0.9 };

/** Width of a convolutional head's first layer, as in the reference; narrower than that where the network is. */
const channels = ({ model }: RunConfig) => Math.min(256, Math.max(32, model.variant.dim));

/** The rows of each ablation, in the order in which they run. */
export const ablationRows: Readonly<Record<AblationName, readonly AblationRow[]>> = {
  embeddings: [
    { name: "separate", title: "separate position tables, trained; no types", change: embedding("separate") },
    { name: "sincos", title: "fixed sine-cosine positions; no types", change: embedding("sincos") },
    { name: "shared", title: "shared positions; no types", change: embedding("shared") },
    {
      name: "shared-trained",
      title: "shared positions, trained; no types",
      change: embedding("shared", true),
    },
    { name: "types", title: "shared positions and two token types", change: embedding("type") },
    {
      name: "types-trained",
      title: "shared positions, trained, and two token types",
      change: embedding("type", true),
    },
    {
      name: "foreground",
      title: "shared positions and three token types, foreground marked",
      published: true,
      change: embedding("foreground"),
    },
  ],
  head: [
    { name: "mlp", title: "anchor-free MLP head", published: true, change: head({ kind: "mlp" }) },
    {
      name: "conv",
      title: "convolutional head",
      change: (config) => head({ kind: "conv", channels: channels(config) })(config),
    },
    {
      name: "centre",
      title: "convolutional centre head, as in OSTrack",
      change: (config) => head({ kind: "centre", channels: channels(config) })(config),
    },
    {
      name: "conv-separate",
      title: "convolutional head and separate position tables",
      change: (config) => embedding("separate")(head({ kind: "conv", channels: channels(config) })(config)),
    },
  ],
  lora: [
    { name: "r64", title: "rank 64, every linear layer", published: true, change: lora({ rank: 64 }) },
    { name: "r16", title: "rank 16, every linear layer", change: lora({ rank: 16 }) },
    { name: "qv-r64", title: "rank 64, query and value", change: lora({ rank: 64, targets: queryAndValue }) },
    { name: "qv-r4", title: "rank 4, query and value", change: lora({ rank: 4, targets: queryAndValue }) },
    { name: "attention", title: "rank 64, attention alone", change: lora({ rank: 64, targets: attention }) },
    { name: "mlp", title: "rank 64, feed-forward alone", change: lora({ rank: 64, targets: feedForward }) },
    { name: "start-lora", title: "rank 64, B starts at zero", change: lora({ rank: 64, start: "lora" }) },
    {
      name: "start-gaussian",
      title: "rank 64, B starts at zero, A of deviation 1/r",
      change: lora({ rank: 64, start: "gaussian" }),
    },
  ],
  peft: [
    { name: "lora", title: "LoRA, rank 64", published: true, change: lora({ rank: 64 }) },
    {
      name: "adapter",
      title: "bottleneck adapters, reduction 8",
      change: adaptation(() => ({ kind: "adapter", reduction: 8 })),
    },
    { name: "ia3", title: "(IA)3", change: adaptation(() => ({ kind: "ia3" })) },
    {
      name: "vpt",
      title: "deep prompts, 10 a block",
      change: adaptation(() => ({ kind: "vpt", prompts: 10 })),
    },
    {
      name: "full",
      title: "full fine-tuning, rates falling with depth",
      change: (config) => ({
        ...adaptation(() => ({ kind: "none" }))(config),
        optimizer: { ...config.optimizer, layerDecay: layerDecays[config.model.variant.name[0]!] ?? 0.7 },
      }),
    },
    {
      name: "head-only",
      title: "head and types alone",
      change: lora({ rank: 1, targets: { q: false, k: false, v: false, proj: false, mlp: false } }),
    },
  ],
};
