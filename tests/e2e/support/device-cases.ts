/** The runs that every device is held against the CPU with. Browser and Node. */
import {
  type HeadKind,
  loraConfig,
  type ModelConfig,
  mergedConfig,
  type Variant,
  variantNamed,
} from "@lorat/core/model";
import { type Case, forwardCase, optimizerCase, stepCase } from "./cases.ts";

/** LoRAT's shape at a size that a software device runs in a moment. */
const small: Variant = {
  ...variantNamed("nano-patch"),
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
const feedForwards = { GELU: small, SwiGLU: swiglu };
const heads: Readonly<Record<string, HeadKind>> = {
  MLP: { kind: "mlp" },
  convolutional: { kind: "conv", channels: 16 },
  centre: { kind: "centre", channels: 16 },
};

/** LoRA at a small rank. */
export function lora(variant: Variant, head: HeadKind = { kind: "mlp" }): ModelConfig {
  return { ...loraConfig(variant, { rank: 4 }), head };
}

/** The model that training on the device's own memory is tried with. */
export const residentModel: ModelConfig = lora(small);

/** The model that tracking is tried with. */
export const trackedModel: ModelConfig = mergedConfig(small);

const nano = variantNamed("nano");

/** The default model: the forward pass of tracking, and one training step. */
export const nanoCases = {
  "nano forward": () => forwardCase(mergedConfig(nano), 1),
  "nano LoRA step": () => stepCase(lora(nano), 1),
} satisfies Record<string, () => Case>;

/** Every feed-forward with every head: the forward pass, and one training step. */
const modelCases = Object.fromEntries(
  Object.entries(feedForwards).flatMap(([ffn, variant]) =>
    Object.entries(heads).flatMap(([kind, head]): [string, () => Case][] => {
      // One block is as good as two before a head with many shaders of its own.
      const shape = kind === "MLP" ? variant : { ...variant, depth: 1 };
      return [
        [
          `${ffn} feed-forward, ${kind} head, forward`,
          () => forwardCase({ ...mergedConfig(shape), head }, 2),
        ],
        [`${ffn} feed-forward, ${kind} head, LoRA step`, () => stepCase(lora(shape, head), 2)],
      ];
    }),
  ),
);

/** What else a model may be made of, small. */
export const deviceCases: Readonly<Record<string, () => Case>> = {
  ...nanoCases,
  ...modelCases,
  "GELU feed-forward, full fine-tuning step": () => stepCase(mergedConfig(small), 2),
  "SwiGLU feed-forward, full fine-tuning step": () => stepCase(mergedConfig(swiglu), 2),
  "AdamW with clipping and averaging": () => optimizerCase(lora(small)),
};

/** A bias before batch normalisation changes nothing, so its true gradient is zero. */
export const vanishes = (output: string): boolean => /^gradient\/head\..*conv[1-4].*\.0\.bias$/.test(output);
