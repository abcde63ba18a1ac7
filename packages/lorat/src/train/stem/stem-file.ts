import { createHash } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { openSafetensors, type Parameter, writeSafetensors } from "@lorat/core";
import { bytesOf, LoratError, type StoredTensor, sameShape, type Tensor } from "@lorat/graph";
import { fileSource } from "../../files/file-source.ts";

/**
 * The stem's parameters of a network from a stem's file; they stay in it. Throws `STEM_WEIGHTS`, naming every tensor that is
 * missing or of another shape, and what reading the file throws.
 */
export async function stemWeights(
  path: string,
  parameters: readonly Parameter[],
): Promise<Map<string, StoredTensor>> {
  const file = resolve(path);
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
      else if (entry.dtype !== "F32") issues.push(`${name} is ${entry.dtype}, F32 is needed`);
      else weights.set(name, { dtype: "float32", shape, file, offset: entry.offset });
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
  const bytes = await readFile(path).catch((cause) => {
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
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      const tensors = [...weights].map(([name, tensor]) => {
        return { name, dtype: "F32" as const, shape: tensor.shape, data: bytesOf(tensor) };
      });
      await writeSafetensors(
        tensors,
        { format: "lorat-stem", ...notes },
        { write: (bytes) => file.writeFile(bytes) },
      );
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new LoratError("STEM_WRITE", `${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
