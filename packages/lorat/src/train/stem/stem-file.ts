import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Parameter } from "@lorat/core/model";
import { fileSource, modelFiles, openSafetensors } from "@lorat/core/weights";
import { LoratError, type StoredTensor, sameShape, type Tensor } from "@lorat/graph";
import { writeOutput } from "../../files/pending-file.ts";
import { tensorsToWrite, writeTensorFile } from "../../files/tensor-file.ts";
import { bundledModels, modelFolderPath } from "../../trackers/model/model-path.ts";

/** The file of a stem: of a bundled model by its name, else the path of a stem's file or of a model's weights. */
async function stemPath(stem: string): Promise<string> {
  if (bundledModels.includes(stem)) return join(await modelFolderPath(stem), modelFiles.weights);
  return resolve(stem);
}

/**
 * The stem's parameters of a network from a stem's file, or from a bundled model by its name; they stay there. Throws `STEM_WEIGHTS`, naming every tensor that is
 * missing or of another shape, and what reading the file throws.
 */
export async function stemWeights(
  path: string,
  parameters: readonly Parameter[],
): Promise<Map<string, StoredTensor>> {
  const file = await stemPath(path);
  const source = await fileSource(file);
  try {
    const { entries } = await openSafetensors(source);
    const weights = new Map<string, StoredTensor>();
    const issues: string[] = [];
    for (const { name, shape } of parameters) {
      if (!name.startsWith("stem.")) continue;
      const entry = entries.get(name);
      if (!entry) issues.push(`${name} is missing`);
      else if (!sameShape(entry.shape, shape))
        issues.push(`${name}: [${shape}] is needed, the file has [${entry.shape}]`);
      else if (entry.dtype !== "F32" && entry.dtype !== "F16")
        issues.push(`${name} is ${entry.dtype}, F32 or F16 is needed`);
      else {
        const dtype = entry.dtype === "F16" ? "float16" : "float32";
        weights.set(name, { dtype, shape, file, offset: entry.offset });
      }
    }
    if (issues.length > 0) {
      throw new LoratError("STEM_WEIGHTS", `${path} does not hold the stem of this network: ${issues[0]}`, {
        hint: "give a file that `lorat train stem` wrote",
        issues,
      });
    }
    return weights;
  } finally {
    await source.dispose();
  }
}

/** SHA-256 of a stem's file. Throws `STEM_MISSING`. */
export async function stemFingerprint(path: string): Promise<string> {
  const bytes = await readFile(await stemPath(path)).catch((cause) => {
    throw new LoratError("STEM_MISSING", `there is no stem at ${path}`, {
      hint: "give the file that `lorat train stem` wrote with --stem, or train one",
      cause,
    });
  });
  return createHash("sha256").update(bytes).digest("hex");
}

/** Writes a stem's file whole or not at all. Throws `STEM_WRITE`. */
export async function writeStem(
  path: string,
  weights: ReadonlyMap<string, Tensor<"float32">>,
  notes: Readonly<Record<string, string>>,
): Promise<void> {
  const tensors = tensorsToWrite(weights);
  await writeOutput(path, { force: true }, (partial) =>
    writeTensorFile(partial, tensors, { format: "lorat-stem", ...notes }),
  ).catch((cause: Error) => {
    throw new LoratError("STEM_WRITE", `${path} cannot be written: ${cause.message}`, { cause });
  });
}
