import { LoratError } from "@lorat/graph";
import { z } from "zod";
import { mergedConfig } from "../model/config.ts";
import { parametersOf } from "../model/lorat.ts";
import { variantSchema } from "../model/variants.ts";
import type { ByteSource } from "./byte-source.ts";
import { openSafetensors } from "./safetensors.ts";
import type { TensorFile } from "./tensor-file.ts";
import { stateDictOf, validateStateDict } from "./validate.ts";

/** The two files of a model folder. */
export const modelFiles = { manifest: "model.json", weights: "weights.safetensors" } as const;

const manifestSchema = z
  .object({
    format: z.literal("lorat-model"),
    formatVersion: z.literal(1),
    /** `tracker` has everything; `backbone` is DINOv2 alone, a start for training. */
    kind: z.enum(["tracker", "backbone"]),
    variant: variantSchema,
    /** `fp16` keeps matrices and tables in half precision and vectors in single. */
    precision: z.enum(["fp32", "fp16"]),
    createdBy: z.string(),
    /** The files that it was made from. */
    sources: z
      .array(
        z.object({
          file: z.string(),
          kind: z.string(),
          bytes: z.int().min(0),
          sha256: z.string().regex(/^[0-9a-f]{64}$/),
        }),
      )
      .default([]),
    notes: z.array(z.string()).default([]),
    /** The weights' file, so that damage shows. */
    weights: z.object({ bytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
    /** Which linear layers int8 leaves in single precision, and how well boxes then agree (see `guardedLayers`). */
    int8: z
      .object({
        singleLayers: z.array(z.string()),
        agreement: z.object({ mean: z.number(), worst: z.number() }),
      })
      .optional(),
    /** How the reported score follows from the network's (see `ScoreCalibration`). */
    calibration: z.object({ slope: z.number().positive(), offset: z.number() }).optional(),
    /** What speaks for a target's presence, and how much (see `PresenceWeights`). */
    presence: z.object({ bias: z.number(), score: z.number(), likeness: z.number() }).optional(),
    /** How the tracker's loop departs from the reference's (see `LoopSettings`). */
    loop: z
      .object({
        boxVoting: z.boolean().optional(),
        sizeGain: z.number().positive().max(1).optional(),
        reference: z
          .object({ everyFrames: z.int().positive(), scoreFrom: z.number().min(0).max(1) })
          .optional(),
        windowWeight: z.number().min(0).max(1).optional(),
      })
      .optional(),
  })
  .refine(
    ({ variant }) => variant.dim % variant.heads === 0,
    "the width must be a multiple of the number of heads",
  )
  .refine(
    ({ variant }) => variant.templateGrid <= variant.searchGrid,
    "the template grid must fit the search grid",
  )
  .refine(
    ({ variant }) => !variant.references || variant.attention === "asymmetric",
    "a reference needs asymmetric attention",
  );

/** The contents of `model.json`. */
export type ModelManifest = z.infer<typeof manifestSchema>;

/** A model folder, its manifest checked and its weights opened. */
export interface ModelFolder {
  readonly manifest: ModelManifest;
  /** Tensors by their names at inference, checked against the variant. */
  readonly weights: TensorFile;
}

/**
 * Checks a parsed `model.json`. Throws `MODEL_JSON` with every problem in `issues`, `MODEL_VERSION` for a format of a
 * later release.
 */
export function parseModelManifest(json: unknown): ModelManifest {
  const version =
    typeof json === "object" && json !== null && "formatVersion" in json ? json.formatVersion : 1;
  if (typeof version === "number" && version > 1) {
    throw new LoratError(
      "MODEL_VERSION",
      `the model folder has format version ${version}, this release reads version 1`,
      {
        hint: "Update lorat.",
      },
    );
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".") || "model.json"}: ${message}`,
  );
  throw new LoratError("MODEL_JSON", `model.json does not describe a model: ${issues[0]}`, { issues });
}

/**
 * Opens a model folder from the parsed `model.json` and the bytes of `weights.safetensors`, the same in Node and in a page.
 * Only the weights' header is read. Throws what {@link parseModelManifest} and {@link openSafetensors} throw,
 * `WEIGHTS_NAMES` and `WEIGHTS_SHAPE` where the tensors are not the variant's, `WEIGHTS_DTYPE` where they are no floats.
 */
export async function readModelFolder(files: {
  readonly json: unknown;
  readonly weights: ByteSource;
}): Promise<ModelFolder> {
  const manifest = parseModelManifest(files.json);
  const weights = await openSafetensors(files.weights);
  const { variant, kind } = manifest;
  const expected = parametersOf(mergedConfig(variant)).filter(
    ({ role }) => kind === "tracker" || role.part === "backbone",
  );
  validateStateDict(stateDictOf(weights.entries.values()), stateDictOf(expected), {
    what: modelFiles.weights,
  });
  for (const { name, dtype } of weights.entries.values()) {
    if (dtype !== "F32" && dtype !== "F16") {
      throw new LoratError(
        "WEIGHTS_DTYPE",
        `${modelFiles.weights} holds ${name} as ${dtype}, F32 and F16 can be run`,
      );
    }
  }
  return { manifest, weights };
}

/** Throws `MODEL_BACKBONE_ONLY` for a folder that cannot track because it has no head. */
export function requireTracker({ manifest }: { readonly manifest: Pick<ModelManifest, "kind"> }): void {
  if (manifest.kind === "tracker") return;
  throw new LoratError(
    "MODEL_BACKBONE_ONLY",
    "the model folder holds a DINOv2 backbone alone, without a head to track with",
    {
      hint: "Convert it again together with LoRAT's trained file, or train it first.",
    },
  );
}
