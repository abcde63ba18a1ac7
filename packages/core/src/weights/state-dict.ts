import { Graph } from "@lorat/graph";
import type { LoraTargets } from "../model/config.ts";
import { parameterScope } from "../model/scope.ts";
import { convStem, STEM_CHANNELS } from "../model/stem.ts";
import type { Variant } from "../model/variants.ts";

/** Names and shapes of a set of tensors. */
export type StateDict = ReadonlyMap<string, readonly number[]>;

/** The sizes of a {@link Variant} that decide its tensors' shapes. */
export type BodySizes = Pick<Variant, "dim" | "depth" | "ffn" | "hidden" | "patchSize" | "stem">;

/** What trained adapters look like in a file. */
export interface AdapterLayout {
  readonly rank: number;
  readonly targets: LoraTargets;
}

/** Linear layers of one block, by their name inside it, as `[outputs, inputs]`; `attn.qkv` is fused. */
export function blockLinears({
  dim,
  ffn,
  hidden,
}: BodySizes): [name: string, outputs: number, inputs: number][] {
  const feedForward: [string, number, number][] =
    ffn === "swiglu"
      ? [
          ["mlp.w12", 2 * hidden, dim],
          ["mlp.w3", dim, hidden],
        ]
      : [
          ["mlp.fc1", hidden, dim],
          ["mlp.fc2", dim, hidden],
        ];
  return [["attn.qkv", 3 * dim, dim], ["attn.proj", dim, dim], ...feedForward];
}

/** A DINOv2 checkpoint without registers, its positions on a square grid of `sourceGrid` cells (specification section 2.1). */
export function dinov2StateDict(sizes: BodySizes, sourceGrid: number): StateDict {
  const { dim } = sizes;
  const tokens: StateDict = new Map([
    ["cls_token", [1, 1, dim]],
    ["mask_token", [1, dim]],
    ["pos_embed", [1, 1 + sourceGrid ** 2, dim]],
  ]);
  return new Map([...tokens, ...body(sizes)]);
}

/** The frozen part of a model for inference: DINOv2 without its class and mask tokens, positions on the search grid. */
export function backboneStateDict(sizes: BodySizes, searchGrid: number): StateDict {
  return new Map<string, readonly number[]>([["pos_embed", [1, searchGrid ** 2, sizes.dim]], ...body(sizes)]);
}

/** A model for inference, or the full fine-tuning baseline: no adapters, q, k, v fused (specification section 2.2). */
export function mergedStateDict(sizes: BodySizes, searchGrid: number): StateDict {
  return new Map([...backboneStateDict(sizes, searchGrid), ...ownTensors(sizes.dim)]);
}

/** What LoRAT trains and saves: adapters, token types and head (specification section 2.3). */
export function trainableStateDict(sizes: BodySizes, adapters: AdapterLayout): StateDict {
  const out = new Map(ownTensors(sizes.dim));
  for (const { path, outputs, inputs, adapted } of splitLinears(sizes, adapters)) {
    if (!adapted) continue;
    out.set(`${path}.lora.A`, [adapters.rank, inputs]);
    out.set(`${path}.lora.B`, [outputs, adapters.rank]);
  }
  return out;
}

/** The whole of a model in training, adapters and frozen weights, q, k, v split (specification section 2.2). */
export function trainingStateDict(sizes: BodySizes, searchGrid: number, adapters: AdapterLayout): StateDict {
  const out = new Map(trainableStateDict(sizes, adapters));
  const linear = /\.(attn|mlp)\./;
  for (const [name, shape] of backboneStateDict(sizes, searchGrid))
    if (!linear.test(name)) out.set(name, shape);
  for (const { path, outputs, inputs, adapted } of splitLinears(sizes, adapters)) {
    const prefix = adapted ? `${path}.linear` : path;
    out.set(`${prefix}.weight`, [outputs, inputs]);
    out.set(`${prefix}.bias`, [outputs]);
  }
  return out;
}

/** Scalars that a training file may carry beside its tensors: the scaling, for all layers or for one. */
export function scalingStateDict(sizes: BodySizes, adapters: AdapterLayout): StateDict {
  const out = new Map<string, readonly number[]>([
    ["lora_alpha", []],
    ["use_rslora", []],
  ]);
  for (const { path, adapted } of splitLinears(sizes, adapters))
    if (adapted) out.set(`${path}.lora.alpha`, []);
  return out;
}

interface SplitLinear {
  readonly path: string;
  readonly outputs: number;
  readonly inputs: number;
  readonly adapted: boolean;
}

/** Every linear layer of the blocks as training names them. */
function splitLinears(sizes: BodySizes, { targets }: AdapterLayout): SplitLinear[] {
  const out: SplitLinear[] = [];
  for (let block = 0; block < sizes.depth; block++) {
    for (const [name, outputs, inputs] of blockLinears(sizes)) {
      const path = `blocks.${block}.${name}`;
      if (name === "attn.qkv") {
        for (const part of ["q", "k", "v"] as const) {
          out.push({ path: `${path}.${part}`, outputs: sizes.dim, inputs, adapted: targets[part] });
        }
      } else {
        out.push({ path, outputs, inputs, adapted: name === "attn.proj" ? targets.proj : targets.mlp });
      }
    }
  }
  return out;
}

/** Patch embedding, blocks and final norm. */
function body(sizes: BodySizes): StateDict {
  const { dim, depth, patchSize, stem } = sizes;
  const out = new Map<string, readonly number[]>([
    ...(stem === "conv" ? stemStateDict() : []),
    [
      "patch_embed.proj.weight",
      stem === "conv" ? [dim, STEM_CHANNELS, 1, 1] : [dim, 3, patchSize, patchSize],
    ],
    ["patch_embed.proj.bias", [dim]],
    ["norm.weight", [dim]],
    ["norm.bias", [dim]],
  ]);
  for (let block = 0; block < depth; block++) {
    for (const name of [
      "norm1.weight",
      "norm1.bias",
      "norm2.weight",
      "norm2.bias",
      "ls1.gamma",
      "ls2.gamma",
    ]) {
      out.set(`blocks.${block}.${name}`, [dim]);
    }
    for (const [name, outputs, inputs] of blockLinears(sizes)) {
      out.set(`blocks.${block}.${name}.weight`, [outputs, inputs]);
      out.set(`blocks.${block}.${name}.bias`, [outputs]);
    }
  }
  return out;
}

/** Token types and the MLP head: what LoRAT adds to the backbone. */
function ownTensors(dim: number): StateDict {
  const out = new Map<string, readonly number[]>([["token_type_embed", [3, dim]]]);
  for (const [branch, outputs] of [
    ["cls_mlp", 1],
    ["reg_mlp", 4],
  ] as const) {
    for (const [layer, rows] of [dim, dim, outputs].entries()) {
      out.set(`head.${branch}.layers.${layer}.weight`, [rows, dim]);
      out.set(`head.${branch}.layers.${layer}.bias`, [rows]);
    }
  }
  return out;
}

/** The convolutional stem's tensors, read from its graph. */
function stemStateDict(): [string, readonly number[]][] {
  const graph = new Graph();
  convStem(graph.input("pixels", [1, 3, 32, 32]), parameterScope(graph, "stem"));
  return [...graph.parameters.values()].map(({ name, shape }) => [name, shape]);
}
