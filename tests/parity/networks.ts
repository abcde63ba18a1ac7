import { type Feeds, float32, type StoredTensor, type Tensor, type Weights } from "@lorat/graph";
import type { Adaptation, ModelConfig } from "../../packages/core/src/model/config.ts";
import { allLinearLayers, mergedConfig } from "../../packages/core/src/model/config.ts";
import type { Variant } from "../../packages/core/src/model/variants.ts";
import { type FixtureTensor, fixtureJson, fixtureTensors, toNumber } from "./fixtures.ts";

/** The settings of a recorded network, as its JSON file gives them. */
export interface RecordedConfig {
  dim: number;
  depth: number;
  heads: number;
  r: number;
  alpha: number | string;
  ffn: "gelu-mlp" | "swiglu";
  hidden: number;
  patch: number;
  template_grid: number;
  search_grid: number;
  source_pos_grid: number;
  batch: number;
  use_rslora: boolean;
}

/** The sizes of a recorded network. */
export function recordedVariant(config: RecordedConfig): Variant {
  return {
    name: "recorded",
    dim: config.dim,
    depth: config.depth,
    heads: config.heads,
    ffn: config.ffn === "swiglu" ? "swiglu" : "gelu",
    hidden: config.hidden,
    patchSize: config.patch,
    templateGrid: config.template_grid,
    searchGrid: config.search_grid,
    templateAreaFactor: 2,
    searchAreaFactor: 4,
    dropPath: 0,
  };
}

/** The recorded network with its LoRA adapters. */
export function recordedLora(config: RecordedConfig): ModelConfig {
  const adaptation: Adaptation = {
    kind: "lora",
    rank: config.r,
    alpha: toNumber(config.alpha),
    rankStabilised: config.use_rslora,
    targets: allLinearLayers,
  };
  return { ...mergedConfig(recordedVariant(config)), adaptation };
}

/** A recorded forward pass: its settings, weights and inputs. */
export interface Recording {
  readonly config: RecordedConfig;
  readonly tensors: Map<string, FixtureTensor>;
  /** Tensors whose name starts with `weights.`, without it. */
  readonly weights: Map<string, StoredTensor>;
  readonly feeds: Record<string, Tensor>;
}

/** Reads `a_forward_gelu` or `a_forward_swiglu`, whose weights and inputs the other recordings share. */
export function forwardRecording(kind: string): Recording {
  const { config } = fixtureJson<{ config: RecordedConfig }>(`a_forward_${kind}`);
  const tensors = fixtureTensors(`a_forward_${kind}`);
  const mask = tensors.get("input.z_feat_mask")!;
  return {
    config,
    tensors,
    weights: withPrefix(tensors, "weights."),
    feeds: {
      template: floats(tensors.get("input.z")!),
      search: floats(tensors.get("input.x")!),
      template_mask: float32(numbers(mask), [config.batch, config.template_grid ** 2]),
    },
  };
}

/** The float32 tensors below `prefix`, under the rest of their names. */
export function withPrefix(
  tensors: ReadonlyMap<string, FixtureTensor>,
  prefix: string,
): Map<string, StoredTensor> {
  const found = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) {
    if (name.startsWith(prefix) && tensor.data instanceof Float32Array) {
      found.set(name.slice(prefix.length), floats(tensor));
    }
  }
  return found;
}

/** Any recorded tensor as float32. */
function numbers({ data }: FixtureTensor): Float32Array {
  return Float32Array.from(data as ArrayLike<number | bigint> as ArrayLike<number>, Number);
}

export function floats(tensor: FixtureTensor): Tensor<"float32"> {
  return float32(tensor.data as Float32Array, tensor.shape);
}

/** The backbone without its adapters, under inference names: q, k, v stacked, `linear.` left out. */
export function plainBackbone(weights: Weights): Map<string, StoredTensor> {
  const plain = new Map<string, StoredTensor>();
  for (const [name, tensor] of weights) {
    if (name.includes(".lora.") || name.startsWith("head.")) continue;
    if (!name.includes(".linear.")) plain.set(name, tensor);
    else if (!name.includes(".qkv.")) plain.set(name.replace(".linear.", "."), tensor);
    else if (name.includes(".qkv.q.")) {
      const parts = ["q", "k", "v"].map(
        (part) => weights.get(name.replace(".q.", `.${part}.`)) as Tensor<"float32">,
      );
      const joined = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
      parts.forEach((part, i) => {
        joined.set(part.data, i * part.data.length);
      });
      plain.set(
        name.replace(".q.linear.", "."),
        float32(joined, [3 * tensor.shape[0]!, ...tensor.shape.slice(1)]),
      );
    }
  }
  return plain;
}

/** Labels of a recorded training step as the training graph takes them. */
export function recordedTargets(tensors: ReadonlyMap<string, FixtureTensor>, config: RecordedConfig): Feeds {
  const cells = config.search_grid ** 2;
  const positives = new Float32Array(config.batch * cells);
  const samples = tensors.get("target.positive_batch_index")!.data;
  const indices = tensors.get("target.positive_cell_index")!.data;
  for (let i = 0; i < samples.length; i++) positives[Number(samples[i]) * cells + Number(indices[i])] = 1;
  return {
    positives: float32(positives, [config.batch, cells]),
    target_boxes: floats(tensors.get("target.boxes")!),
    positive_count: float32(numbers(tensors.get("target.num_positive_samples")!), []),
  };
}
