/** The runs that every device is held against the CPU with. Browser and Node. */
import {
  type HeadKind,
  loraConfig,
  type ModelConfig,
  mergedConfig,
  type Variant,
  variantNamed,
} from "@lorat/core";
import { type Case, forwardCase, optimizerCase, stepCase } from "./cases.ts";

/** LoRAT's shape at a size that a software device runs in a moment. */
const small: Variant = {
  ...variantNamed("nano"),
  name: "small",
  dim: 48,
  depth: 2,
  heads: 3,
  hidden: 96,
  patchSize: 8,
  templateGrid: 3,
  searchGrid: 6,
};
const swiglu: Variant = { ...small, name: "small-swiglu", ffn: "swiglu", hidden: 64 };
const shallow: Variant = { ...small, name: "shallow", depth: 1 };
const conv: HeadKind = { kind: "conv", channels: 16 };
const centre: HeadKind = { kind: "centre", channels: 16 };
const merged = (variant: Variant, head: HeadKind): ModelConfig => ({ ...mergedConfig(variant), head });

/** LoRA at a small rank. */
export function lora(variant: Variant, head: HeadKind = { kind: "mlp" }): ModelConfig {
  return { ...loraConfig(variant, { rank: 4 }), head };
}

/** The model that training on the device's own memory is tried with. */
export const residentModel: ModelConfig = lora(small);

const nano = variantNamed("nano");

/** The default model: the forward pass of tracking, and one training step. */
export const nanoCases = {
  "nano forward": () => forwardCase(mergedConfig(nano), 1),
  "nano LoRA step": () => stepCase(lora(nano), 1),
} satisfies Record<string, () => Case>;

/** What else a model may be made of, small. */
export const deviceCases: Readonly<Record<string, () => Case>> = {
  ...nanoCases,
  "SwiGLU feed-forward, MLP head, forward": () => forwardCase(mergedConfig(swiglu), 2),
  "SwiGLU feed-forward, MLP head, LoRA step": () => stepCase(lora(swiglu), 2),
  "convolutional head, forward": () => forwardCase(merged(shallow, conv), 2),
  "convolutional head, LoRA step": () => stepCase(lora(shallow, conv), 2),
  "centre head, forward": () => forwardCase(merged(shallow, centre), 2),
  "centre head, LoRA step": () => stepCase(lora(shallow, centre), 2),
  "GELU feed-forward, full fine-tuning step": () => stepCase(mergedConfig(small), 2),
  "AdamW with clipping and averaging": () => optimizerCase(lora(small)),
};

/** A bias before batch normalisation changes nothing, so its true gradient is zero. */
export const vanishes = (output: string): boolean => /^gradient\/head\..*conv[1-4].*\.0\.bias$/.test(output);
