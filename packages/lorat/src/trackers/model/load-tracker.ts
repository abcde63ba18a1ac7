import { resolve } from "node:path";
import {
  createTracker,
  type Model,
  mergedConfig,
  modelFiles,
  readModelFolder,
  requireTracker,
  type Tracker,
  type TrackerOptions,
} from "@lorat/core";
import type { StoredTensor } from "@lorat/graph";
import { fileSource } from "../../files/file-source.ts";
import { userCacheFolder } from "../../files/user-cache.ts";
import { mergeAdapter } from "./adapter.ts";
import { manifestJson } from "./manifest.ts";
import { modelFolderPath } from "./model-path.ts";

/** How a model is loaded. */
interface LoadOptions {
  /** Adapter file to merge in, as `lorat finetune` writes them. */
  readonly adapter?: string;
}

/**
 * Loads a model by its bundled name or its folder, with weights that stay in their file: ONNX Runtime maps them, and every
 * session made from the model shares them; what an adapter changes is merged in memory. Throws `MODEL_UNKNOWN`, `MODEL_JSON`, `MODEL_BACKBONE_ONLY`, and what the
 * readers of weights throw.
 */
export async function loadModel(model: string, { adapter }: LoadOptions = {}): Promise<Model> {
  const folder = await modelFolderPath(model);
  const json = await manifestJson(folder);
  const file = resolve(folder, modelFiles.weights);
  const source = await fileSource(file);
  try {
    const opened = await readModelFolder({ json, weights: source });
    requireTracker(opened);
    const stored = new Map<string, StoredTensor>();
    for (const [name, { dtype, shape, offset }] of opened.weights.entries) {
      stored.set(name, { dtype: dtype === "F16" ? "float16" : "float32", shape, file, offset });
    }
    const weights = adapter ? await mergeAdapter(adapter, { folder: opened, source, stored }) : stored;
    const { variant, calibration, int8, loop } = opened.manifest;
    return {
      name: variant.name,
      config: mergedConfig(variant),
      weights,
      calibration,
      loop,
      singleLayers: int8?.singleLayers,
    };
  } finally {
    await source.dispose();
  }
}

/**
 * A tracker ready for its first frame, from a bundled model's name or a model folder. Unless `cacheFolder` says otherwise,
 * weights are kept as the device wants them in the user's cache folder, which `LORAT_CACHE` moves; undefined keeps none.
 *
 * @example
 * const tracker = await loadTracker("nano", { device: "auto" });
 * const target = await tracker.start(frame, { x: 100, y: 60, width: 40, height: 80 });
 * for await (const next of frames) {
 *   const { box, score, state } = await target.track(next);
 * }
 */
export async function loadTracker(
  model: string,
  options: TrackerOptions & LoadOptions = {},
): Promise<Tracker> {
  const cacheFolder = userCacheFolder("weights");
  return createTracker(await loadModel(model, options), { cacheFolder, ...options });
}
