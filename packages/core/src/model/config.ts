import { z } from "zod";
import { type Variant, variantSchema, variants } from "./variants.ts";

const count = z.int().min(1);

/** Schema of LoRA in a run's settings. */
const loraSchema = z.strictObject({
  kind: z.literal("lora"),
  rank: count,
  alpha: z.number().positive(),
  rankStabilised: z.boolean(),
  /** Linear layers of a block that are adapted. */
  targets: z.strictObject({
    q: z.boolean(),
    k: z.boolean(),
    v: z.boolean(),
    proj: z.boolean(),
    mlp: z.boolean(),
  }),
  /**
   * How A and B start (specification section 1.6): `bert`, the default, draws both from a normal distribution of deviation
   * 0.02, so that the adapter changes the network from the start; `lora` (Kaiming) and `gaussian` leave B at zero.
   */
  start: z.enum(["bert", "lora", "gaussian"]).optional(),
});

/** LoRA (paper section 3.1): `y = W x + b + s B A x`, with s = alpha / rank, or alpha / sqrt(rank) for rsLoRA. */
export type Lora = Readonly<z.infer<typeof loraSchema>>;

/** Linear layers of a block that adapters can be put on. */
export type LoraTargets = Lora["targets"];

/** Every linear layer of a block, for adapters. */
export const allLinearLayers: LoraTargets = { q: true, k: true, v: true, proj: true, mlp: true };

const adaptationSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  loraSchema,
  z.strictObject({ kind: z.literal("adapter"), reduction: count }),
  z.strictObject({ kind: z.literal("ia3") }),
  z.strictObject({ kind: z.literal("vpt"), prompts: count }),
]);

/**
 * How the backbone is made trainable. `none` is the plain network: merged weights at inference, or the full
 * fine-tuning baseline. The others are LoRA and the ablations of specification section 1.8.
 */
export type Adaptation = Readonly<z.infer<typeof adaptationSchema>>;

const channels = z.int().min(8).multipleOf(8);

/** Schema of a network in a run's settings. */
export const modelConfigSchema = z.strictObject({
  variant: z.preprocess(
    // The name of a known variant stands for all of its sizes.
    (value) => (typeof value === "string" ? (variants.get(value) ?? value) : value),
    z.strictObject(variantSchema.shape).refine(({ dim, heads }) => dim % heads === 0, {
      message: "must be divisible by the number of heads",
      path: ["dim"],
    }),
  ),
  adaptation: adaptationSchema,
  /**
   * Input embedding. `foreground` is LoRAT's: shared positions and three token types, with the template's foreground
   * marked. `type` marks template and search only, `shared` neither; `separate` has a table for each crop and no types;
   * `sincos` fixed tables and no types.
   */
  embedding: z.enum(["foreground", "type", "shared", "separate", "sincos"]),
  /** `mlp` is LoRAT's anchor-free head; the others are ablations with `channels` in their first layer. */
  head: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("mlp") }),
    z.strictObject({ kind: z.literal("conv"), channels }),
    z.strictObject({ kind: z.literal("centre"), channels }),
  ]),
  /** `asymmetric` lets template tokens attend to the template alone (MixAttn ablation). */
  attention: z.enum(["joint", "asymmetric"]),
  /** Shared positions train beside the adapters (ablation); default: false. */
  trainPositions: z.boolean().optional(),
  /** A convolutional stem trains too; default: it stays as it is. */
  trainStem: z.boolean().optional(),
});

/** Everything that decides a network's graph. */
export type ModelConfig = Readonly<z.infer<typeof modelConfigSchema>>;
/** How tokens are told apart: by the paper's token types, or not at all. */
export type EmbeddingKind = ModelConfig["embedding"];
/** The head that reads the search tokens. */
export type HeadKind = ModelConfig["head"];

/** LoRAT as published, before or after merging: see {@link loraConfig} for training. */
export function mergedConfig(variant: Variant): ModelConfig {
  return {
    variant,
    adaptation: { kind: "none" },
    embedding: "foreground",
    head: { kind: "mlp" },
    attention: variant.attention ?? "joint",
  };
}

/** Adaptations that fold into the weights. */
const foldedKinds: ReadonlySet<Adaptation["kind"]> = new Set(["lora"]);

/** The network that runs on merged weights: adapters that fold into the weights are gone, others stay. */
export function mergedNetwork(config: ModelConfig): ModelConfig {
  return foldedKinds.has(config.adaptation.kind) ? { ...config, adaptation: { kind: "none" } } : config;
}

/** LoRAT as trained: rank and alpha 64 on every linear layer of the blocks (paper section 4.1). */
export function loraConfig(variant: Variant, lora: Partial<Lora> = {}): ModelConfig {
  const rank = lora.rank ?? 64;
  const { alpha = rank, rankStabilised = false, targets = allLinearLayers, start } = lora;
  const adaptation: Lora = { kind: "lora", rank, alpha, rankStabilised, targets, start };
  return { ...mergedConfig(variant), adaptation };
}

/** The factor on an adapter's output. */
export function loraScaling({
  rank,
  alpha,
  rankStabilised,
}: Pick<Lora, "rank" | "alpha" | "rankStabilised">): number {
  return alpha / (rankStabilised ? Math.sqrt(rank) : rank);
}
