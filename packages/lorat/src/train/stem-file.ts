import { resolve } from "node:path";
import { openSafetensors } from "@lorat/core";
import { type Graph, LoratError, type StoredTensor, sameShape } from "@lorat/graph";
import { fileSource } from "../files/file-source.ts";

/**
 * The stem's parameters of a network from a stem's file; they stay in it. Throws `STEM_WEIGHTS`, naming every tensor that is
 * missing or of another shape, and what reading the file throws.
 */
export async function stemWeights(path: string, network: Graph): Promise<Map<string, StoredTensor>> {
  const file = resolve(path);
  const source = await fileSource(file);
  try {
    const { entries } = await openSafetensors(source);
    const weights = new Map<string, StoredTensor>();
    const issues: string[] = [];
    for (const { name, shape } of network.parameters.values()) {
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
