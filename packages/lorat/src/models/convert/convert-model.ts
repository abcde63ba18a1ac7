import { join } from "node:path";
import { type Variant, variantNamed } from "@lorat/core/model";
import {
  type MatMul,
  type ModelManifest,
  modelFiles,
  parseModelManifest,
  type TensorToWrite,
} from "@lorat/core/weights";
import { LoratError } from "@lorat/graph";
import { sha256Of } from "../../files/download/index.ts";
import { writeJson } from "../../files/pending-file.ts";
import { writeTensorFile } from "../../files/tensor-file.ts";
import { type ConvertInput, type ConvertInputs, openInputs } from "./inputs.ts";
import { makeModelFolder } from "./output-folder.ts";
import { plannedTensors } from "./tensors.ts";

/** Share of the Hann window in the reference's ranking (specification section 4.3); written out, so that a folder says all of it. */
const REFERENCE_WINDOW_WEIGHT = 0.45;

/** What {@link convertModel} takes. */
export interface ConvertOptions {
  /** DINOv2's file, LoRAT's file, or both, in any order. */
  readonly files: readonly string[];
  readonly outDir: string;
  /** A variant's name, or its numbers where it has no name; recognised from the shapes by default. */
  readonly variant?: string | Variant;
  /** Replaces a model folder that exists. */
  readonly force?: boolean;
  readonly precision?: "fp32" | "fp16";
  /** The product to merge with; plain JavaScript by default. */
  readonly matmul?: MatMul;
  /** Called as the weights are written, in bytes. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops the conversion and removes what was written; it then throws `CONVERT_STOPPED`. */
  readonly signal?: AbortSignal;
}

/** A written model folder. */
export interface ConvertResult {
  readonly outDir: string;
  readonly manifest: ModelManifest;
  /** Length of the weights. */
  readonly bytes: number;
}

/**
 * Converts weights into a model folder: `model.json` and `weights.safetensors` under the names at inference, adapters merged
 * and positions resized (specification sections 1.2 and 2). DINOv2 alone gives a folder of kind `backbone`.
 *
 * Tensors are made and written a block at a time, so memory does not grow with the model. The folder appears under its name
 * when it is whole. Throws what {@link openInputs}, {@link plannedTensors} and {@link makeModelFolder} throw, and
 * `VARIANT_UNKNOWN`.
 */
export async function convertModel(options: ConvertOptions): Promise<ConvertResult> {
  const { files, outDir, force = false, precision = "fp32", matmul } = options;
  const requested = typeof options.variant === "string" ? variantNamed(options.variant) : options.variant;
  const inputs = await openInputs(files, requested);
  try {
    const tensors = await plannedTensors(inputs, { precision, matmul });
    let manifest: ModelManifest | undefined;
    let bytes = 0;
    await makeModelFolder(outDir, { force, inputs: files }, async (folder) => {
      bytes = await writeWeights(join(folder, modelFiles.weights), tensors, options);
      const sha256 = await sha256Of(join(folder, modelFiles.weights));
      manifest = await manifestOf(inputs, precision, { bytes, sha256 });
      await writeJson(join(folder, modelFiles.manifest), manifest);
    });
    return { outDir, manifest: manifest!, bytes };
  } finally {
    await Promise.all(inputs.all.map(({ source }) => source.dispose()));
  }
}

async function writeWeights(
  path: string,
  tensors: readonly TensorToWrite[],
  { onProgress, signal }: Pick<ConvertOptions, "onProgress" | "signal">,
): Promise<number> {
  const elementBytes = (tensor: TensorToWrite) =>
    tensor.shape.reduce((a, b) => a * b, tensor.dtype === "F16" ? 2 : 4);
  const total = tensors.reduce((sum, tensor) => sum + elementBytes(tensor), 0);
  let done = 0;
  return writeTensorFile(path, tensors, { format: "lorat" }, (count) => {
    if (signal?.aborted) throw new LoratError("CONVERT_STOPPED", "the conversion was stopped");
    done = Math.min(total, done + count);
    onProgress?.(done, total);
  });
}

async function manifestOf(
  inputs: ConvertInputs,
  precision: "fp32" | "fp16",
  weights: ModelManifest["weights"],
): Promise<ModelManifest> {
  const sources: ModelManifest["sources"] = [];
  for (const input of inputs.all) sources.push(await provenance(input));
  return parseModelManifest({
    format: "lorat-model",
    formatVersion: 1,
    kind: inputs.lorat ? "tracker" : "backbone",
    variant: inputs.variant,
    precision,
    createdBy: "lorat convert",
    sources,
    notes: inputs.notes,
    weights,
    ...(inputs.lorat && { loop: { windowWeight: REFERENCE_WINDOW_WEIGHT } }),
  });
}

async function provenance({ path, name, source, profile }: ConvertInput) {
  return { file: name, kind: profile.kind, bytes: source.size, sha256: await sha256Of(path) };
}
