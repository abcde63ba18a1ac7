import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ModelManifest, modelFiles, parseModelManifest } from "@lorat/core/weights";
import { LoratError } from "@lorat/graph";
import { writeJson } from "../../files/pending-file.ts";

/** The manifest of a model folder as it lies there. Throws `MODEL_JSON` where it is not JSON. */
export async function manifestJson(folder: string): Promise<unknown> {
  const path = join(folder, modelFiles.manifest);
  const text = await readFile(path, "utf8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LoratError("MODEL_JSON", `${path} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
}

/** The checked manifest of a model folder. Throws `MODEL_JSON`, `MODEL_VERSION`. */
export async function readManifest(folder: string): Promise<ModelManifest> {
  return parseModelManifest(await manifestJson(folder));
}

/**
 * Sets fields of a model folder's manifest, the others as they are; written beside and renamed. Throws `MODEL_JSON`,
 * `OUTPUT_UNWRITABLE`.
 */
export async function updateManifest(folder: string, changes: Partial<ModelManifest>): Promise<void> {
  const manifest = { ...((await manifestJson(folder)) as object), ...changes };
  parseModelManifest(manifest);
  await writeJson(join(folder, modelFiles.manifest), manifest, { force: true });
}
