import { adaptationSchema, type ModelConfig, type Variant, variants } from "@lorat/core";
import { z } from "zod";
import type { CropAugmentation } from "../../sampling/crop-augmentation.ts";
import type { DataRoots } from "../../sampling/data-manifest.ts";
import { type MixConfig, SOURCE_NAMES } from "../../sampling/mix.ts";
import type { DatasetShare, TrainingData } from "../../sampling/training-data.ts";
import { DOMAINS } from "../../synth/domain.ts";
import type { RunConfig } from "../run-config.ts";

/** A schema with exactly the keys of `T`: a key that is added to the type and not here does not compile. */
type Exactly<T> = { readonly [K in keyof T]-?: z.ZodType };

const count = z.int().min(1);
const share = z.number().min(0).max(1);
const atLeast0 = z.number().min(0);
const positive = z.number().positive();
const text = z.string().min(1);

const variant = z.preprocess(
  // The name of a known variant stands for all of its sizes.
  (value) => (typeof value === "string" ? (variants.get(value) ?? value) : value),
  z
    .strictObject({
      name: text,
      dim: count,
      depth: count,
      heads: count,
      ffn: z.enum(["gelu", "swiglu"]),
      hidden: count,
      patchSize: count,
      templateGrid: count,
      searchGrid: count,
      templateAreaFactor: positive,
      searchAreaFactor: positive,
      stem: z.enum(["patch", "conv"]).optional(),
      attention: z.enum(["joint", "asymmetric"]).optional(),
      references: z.int().min(0).max(1).optional(),
      dropPath: z.number().min(0).lt(1),
    } satisfies Exactly<Variant>)
    .refine(({ dim, heads }) => dim % heads === 0, {
      message: "must be divisible by the number of heads",
      path: ["dim"],
    }),
);

const head = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("mlp") }),
  z.strictObject({ kind: z.literal("conv"), channels: z.int().min(8).multipleOf(8) }),
  z.strictObject({ kind: z.literal("centre"), channels: z.int().min(8).multipleOf(8) }),
]);

const model = z.strictObject({
  variant,
  adaptation: adaptationSchema,
  embedding: z.enum(["foreground", "type", "shared", "separate", "sincos"]),
  head,
  attention: z.enum(["joint", "asymmetric"]),
  trainPositions: z.boolean().optional(),
  trainStem: z.boolean().optional(),
} satisfies Exactly<ModelConfig>);

const ramp = z.tuple([atLeast0, atLeast0]);
const chanceRamp = z.tuple([share, share]);

const cropAugmentation = {
  scaleJitter: ramp,
  translationJitter: ramp,
  templateScaleJitter: ramp,
  pairStretch: ramp.optional(),
  flip: chanceRamp,
  colorJitter: chanceRamp,
  threeAugment: chanceRamp,
} satisfies Exactly<CropAugmentation>;

const mix = {
  ...cropAugmentation,
  weights: z.strictObject(Object.fromEntries(SOURCE_NAMES.map((name) => [name, ramp]))),
  curriculum: z.strictObject({ holdSteps: atLeast0, rampSteps: atLeast0 }),
  absent: chanceRamp,
  clipGap: ramp,
  domain: z.enum(DOMAINS).optional(),
  clipCaps: z.array(z.strictObject({ prefix: z.string(), maxShare: share })),
};

const paths = z.array(text).optional();
const roots = {
  photos: paths,
  boxes: paths,
  clips: paths,
  cutouts: paths,
  exclude: paths,
  only: paths,
} satisfies Exactly<DataRoots>;

const datasetShare = {
  dataset: text.regex(/^[a-z0-9_]+:./, { error: "must be KIND:PATH, such as lasot:/data/LaSOT" }),
  split: text.optional(),
  list: text.optional(),
  only: z.array(z.int().min(0)).optional(),
  frameShare: z.number().positive().max(1).optional(),
  weight: positive.optional(),
} satisfies Exactly<DatasetShare>;

const data = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("mix"),
    roots: z.strictObject(roots),
    mix: z.strictObject(mix satisfies Exactly<MixConfig>),
  } satisfies Exactly<Extract<TrainingData, { kind: "mix" }>>),
  z.strictObject({
    kind: z.literal("datasets"),
    sets: z.array(z.strictObject(datasetShare)).min(1),
    samplesPerEpoch: count,
    maxGap: count,
    mode: z.enum(["interval", "causal", "reverse_causal"]),
    augmentation: z.strictObject(cropAugmentation),
    maxUnreadableShare: share,
    negativeShare: share.optional(),
  } satisfies Exactly<Extract<TrainingData, { kind: "datasets" }>>),
]);

const optimizer = {
  learningRate: positive,
  warmupSteps: z.int().min(0),
  warmupLearningRate: atLeast0,
  minLearningRate: atLeast0,
  cosineSteps: count.optional(),
  decaySteps: count.optional(),
  weightDecay: atLeast0,
  maxGradNorm: positive,
  layerDecay: z.number().positive().max(1).optional(),
  beta2: z.number().min(0).lt(1).optional(),
} satisfies Exactly<RunConfig["optimizer"]>;

/** What a run's configuration may hold. Keys that it does not name are refused. */
export const runConfigSchema = z.strictObject({
  name: text,
  model,
  initialisation: z.enum(["reference", "scratch"]),
  base: text.optional(),
  stem: text.optional(),
  baseParts: z.enum(["all", "backbone"]).optional(),
  batchSize: count,
  accumulation: count.optional(),
  steps: count,
  precision: z.enum(["fp32", "mixed"]).optional(),
  optimizer: z.strictObject(optimizer),
  averageDecay: z.number().min(0).lt(1).optional(),
  iouAware: z.boolean().optional(),
  maxNonFinite: count.optional(),
  seed: z.int().min(0),
  data,
  validation: z
    .strictObject({ everySteps: count, samples: count, data } satisfies Exactly<
      NonNullable<RunConfig["validation"]>
    >)
    .optional(),
  trackingTest: z
    .strictObject({
      everySteps: count,
      dataset: text,
      split: text.optional(),
      sequences: count.optional(),
    } satisfies Exactly<NonNullable<RunConfig["trackingTest"]>>)
    .optional(),
} satisfies Exactly<RunConfig>);
