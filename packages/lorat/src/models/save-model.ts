import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { encodeFloat32, type ModelManifest, modelFiles, type TensorToWrite, type Variant } from "@lorat/core";
import type { Tensor } from "@lorat/graph";
import { produceOutput, writeJsonOutput } from "../files/pending-file.ts";
import { writeTensorFile } from "../files/tensor-file.ts";

/**
 * Writes a trained network as a model folder that `loadTracker` takes: half-precision matrices, single-precision vectors,
 * written beside and renamed. `weights` are under their names at inference.
 */
export async function saveModel(
  folder: string,
  variant: Variant,
  weights: ReadonlyMap<string, Tensor<"float32">>,
  notes: readonly string[],
): Promise<void> {
  const tensors = [...weights].map(([name, { shape, data }]): TensorToWrite => {
    const dtype = shape.filter((side) => side !== 1).length > 1 ? "F16" : "F32";
    return { name, dtype, shape, data: encodeFloat32(dtype, data) };
  });
  await writeModel(folder, tensors, { variant, precision: "fp16", notes });
}

/** Writes a tracker's tensors, at hand or made when their turn comes, as a model folder; beside and renamed. */
export async function writeModel(
  folder: string,
  tensors: readonly TensorToWrite[],
  { variant, precision, notes }: Pick<ModelManifest, "variant" | "precision"> & { notes: readonly string[] },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const manifest: ModelManifest = {
    format: "lorat-model",
    formatVersion: 1,
    kind: "tracker",
    variant,
    precision,
    createdBy: "lorat train",
    sources: [],
    notes: [...notes],
  };
  const write = (partialPath: string) => writeTensorFile(partialPath, tensors, { format: "lorat" });
  await produceOutput(join(folder, modelFiles.weights), write, { force: true });
  await writeJsonOutput(join(folder, modelFiles.manifest), manifest, { force: true });
}
