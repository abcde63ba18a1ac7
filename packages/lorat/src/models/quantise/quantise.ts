import {
  type CalibrationPair,
  type GuardModelOptions,
  type GuardResult,
  guardModel,
} from "@lorat/core/model";
import { synthesise } from "../../synth/synthesise.ts";
import { loadModel } from "../../trackers/model/load-tracker.ts";
import { updateManifest } from "../../trackers/model/manifest.ts";
import { modelFolderPath } from "../../trackers/model/model-path.ts";

/** Training and evaluation draw their procedural clips from other seeds. */
const firstSeed = 20_000;
const clips = 16;
/** Frames of a clip that a target is started on, and how many frames later it is looked for. */
const starts = [0, 12, 24] as const;
const later = 4;

/** Targets of procedural clips, each with the frame that it is to be found on; the same everywhere. */
export function calibrationPairs(): CalibrationPair[] {
  return Array.from({ length: clips }, (_, i) => {
    const clip = synthesise(firstSeed + i, { frames: starts.at(-1)! + later + 1 });
    return starts.flatMap((start): CalibrationPair[] => {
      const [first, next] = [clip.render(start), clip.render(start + later)];
      return first.box && next.box ? [{ first: first.frame, box: first.box, next: next.frame }] : [];
    });
  }).flat();
}

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
