import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { LoopSettings } from "@lorat/core";
import type { Variant } from "@lorat/core/model";
import { fileSource, modelFiles, readModelFolder } from "@lorat/core/weights";
import { type FileTensor, LoratError } from "@lorat/graph";
import { manifestJson } from "../trackers/model/manifest.ts";
import { modelFolderPath } from "../trackers/model/model-path.ts";

/** A model folder that a training starts from; its tensors stay in their file. */
interface BaseModel {
  /** A tracker, or a DINOv2 backbone alone. */
  readonly kind: "tracker" | "backbone";
  readonly variant: Variant;
  /** Under inference names. */
  readonly weights: ReadonlyMap<string, FileTensor>;
  readonly file: string;
  /** How a tracker with these weights departs from the reference's loop. */
  readonly loop?: LoopSettings;
}

/**
 * Opens a bundled model by name or a model folder as a base for training; only the header of its weights is read. Throws
 * `MODEL_UNKNOWN`, `MODEL_JSON`, and what the readers of weights throw.
 */
export async function openBase(model: string): Promise<BaseModel> {
  const folder = await modelFolderPath(model);
  const json = await manifestJson(folder);
  const file = resolve(folder, modelFiles.weights);
  const source = await fileSource(file);
  try {
    const { manifest, weights } = await readModelFolder({ json, weights: source });
    const tensors = new Map<string, FileTensor>();
    for (const [name, { dtype, shape, offset }] of weights.entries) {
      tensors.set(name, { dtype: dtype === "F16" ? "float16" : "float32", shape, file, offset });
    }
    const { kind, variant, loop } = manifest;
    return { kind, variant, weights: tensors, file, loop };
  } finally {
    await source.dispose();
  }
}

/** SHA-256 of a base's weights. */
export async function baseFingerprint({ file }: Pick<BaseModel, "file">): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 22 })) hash.update(chunk);
  return hash.digest("hex");
}

/** Throws `BASE_VARIANT` where a base has other sizes than the network that is to start from it. */
export function requireSameSizes(base: BaseModel, wanted: Variant): void {
  const sizes = ["dim", "depth", "heads", "ffn", "hidden", "patchSize", "searchGrid"] as const;
  const issues = sizes
    .filter((size) => base.variant[size] !== wanted[size])
    .map((size) => `${size}: ${base.variant[size]} in the base, ${wanted[size]} wanted`);
  if (issues.length === 0) return;
  throw new LoratError(
    "BASE_VARIANT",
    `the base is ${base.variant.name}, the network to train is ${wanted.name}: ${issues.join("; ")}`,
    { hint: `convert a base for ${wanted.name}, or train ${base.variant.name}`, issues },
  );
}
