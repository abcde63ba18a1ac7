import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Variant } from "@lorat/core/model";
import { encodeFloat32, type ModelManifest, modelFiles, type TensorToWrite } from "@lorat/core/weights";
import type { Tensor } from "@lorat/graph";
import { sha256Of } from "../files/download/index.ts";
import type { OutputOptions } from "../files/pending-file.ts";
import { writeTensorFile } from "../files/tensor-file.ts";
import { makeModelFolder } from "./convert/output-folder.ts";

/**
 * Writes a trained network as a model folder that `loadTracker` takes: half-precision matrices, single-precision vectors,
 * written beside and renamed. `weights` are under their names at inference. Throws what `makeModelFolder` throws.
 */
export async function saveModel(
  folder: string,
  variant: Variant,
  weights: ReadonlyMap<string, Tensor<"float32">>,
  notes: readonly string[],
  options: OutputOptions = {},
): Promise<void> {
  const tensors = [...weights].map(([name, { shape, data }]): TensorToWrite => {
    const dtype = shape.filter((side) => side !== 1).length > 1 ? "F16" : "F32";
    return { name, dtype, shape, data: encodeFloat32(dtype, data) };
  });
  await writeModel(folder, tensors, { variant, precision: "fp16", notes }, options);
}

/**
 * Writes a tracker's tensors, at hand or made when their turn comes, as a model folder that gets its name when it is whole.
 * Throws what `makeModelFolder` throws.
 */
export async function writeModel(
  folder: string,
  tensors: readonly TensorToWrite[],
  { variant, precision, notes }: Pick<ModelManifest, "variant" | "precision"> & { notes: readonly string[] },
  { force = false }: OutputOptions = {},
): Promise<void> {
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
  await makeModelFolder(folder, { force, inputs: [] }, async (partial) => {
    const file = join(partial, modelFiles.weights);
    const bytes = await writeTensorFile(file, tensors, { format: "lorat" });
    const whole = { ...manifest, weights: { bytes, sha256: await sha256Of(file) } };
    await writeFile(join(partial, modelFiles.manifest), `${JSON.stringify(whole, null, 2)}\n`);
  });
}
