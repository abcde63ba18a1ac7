import { type GuardModelOptions, type GuardResult, guardModel } from "@lorat/core";
import { loadModel } from "../../trackers/model/load-tracker.ts";
import { updateManifest } from "../../trackers/model/manifest.ts";
import { modelFolderPath } from "../../trackers/model/model-path.ts";
import { calibrationPairs } from "./calibration-pairs.ts";

/** What {@link quantise} found, and the folder that it wrote it to. */
export interface QuantiseResult extends GuardResult {
  readonly folder: string;
}

/**
 * Finds which linear layers of a model must stay in single precision at int8 (see `guardedLayers`) on procedural clips, and
 * writes them into its manifest, where loading the model finds them. Throws what `loadModel` and sessions throw, and
 * `OUTPUT_UNWRITABLE`.
 */
export async function quantise(
  model: string,
  options: Pick<GuardModelOptions, "threads" | "required" | "onMeasured"> = {},
): Promise<QuantiseResult> {
  const folder = await modelFolderPath(model);
  const result = await guardModel(await loadModel(model), calibrationPairs(), { ...options, device: "cpu" });
  await updateManifest(folder, {
    int8: { singleLayers: [...result.singleLayers], agreement: result.agreement },
  });
  return { ...result, folder };
}
