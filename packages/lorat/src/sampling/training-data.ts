import { z } from "zod";
import { CANDIDATE_MODES } from "./candidates.ts";
import { cropAugmentationSchema } from "./crop-augmentation.ts";
import { dataRootsSchema } from "./data-manifest.ts";
import { mixSchema } from "./mix.ts";

const count = z.int().min(1);
const share = z.number().min(0).max(1);
const text = z.string().min(1);

const mixedPairs = z.strictObject({ kind: z.literal("mix"), roots: dataRootsSchema, mix: mixSchema });

/** Pairs mixed out of photographs, boxed photographs, clips and procedural scenes; endless. */
export type MixedPairs = Readonly<z.infer<typeof mixedPairs>>;

const datasetShare = z.strictObject({
  dataset: text.regex(/^[a-z0-9_]+:./, { error: "must be KIND:PATH, such as lasot:/data/LaSOT" }),
  split: text.optional(),
  list: text.optional(),
  /** Positions of the sequences to use, of those that are left; default: all. */
  only: z.array(z.int().min(0)).readonly().optional(),
  /** Share of each sequence's frames to use, from the first on; default: 1. */
  frameShare: z.number().positive().max(1).optional(),
  /** Relative to the other datasets; default: 1. */
  weight: z.number().positive().optional(),
});

/** A dataset, asked for as a `DatasetRequest`, and its share of an epoch. */
export type DatasetShare = Readonly<z.infer<typeof datasetShare>>;

const datasetPairs = z.strictObject({
  kind: z.literal("datasets"),
  sets: z.array(datasetShare).min(1).readonly(),
  samplesPerEpoch: count,
  /** Largest distance between template and search frame; the paper's is 100. */
  maxGap: count,
  /** Side of the template on which search frames lie; the paper's is `interval`, both. */
  mode: z.enum(CANDIDATE_MODES),
  augmentation: cropAugmentationSchema,
  /** Share of unreadable pictures, of those asked for, past which the run stops. */
  maxUnreadableShare: share,
  /** Share of pairs whose search frame is another sequence's, so that the target is absent; default: 0, as in the paper. */
  negativeShare: share.optional(),
});

/** Pairs from annotated datasets, in epochs of a fixed number of samples (specification 3.3). */
export type DatasetPairs = Readonly<z.infer<typeof datasetPairs>>;

/** Schema of its pairs in a run's settings. */
export const trainingDataSchema = z.discriminatedUnion("kind", [mixedPairs, datasetPairs]);

/** Where a run's pairs come from; plain data, recorded with the run. */
export type TrainingData = MixedPairs | DatasetPairs;
