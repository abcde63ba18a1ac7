import {
  type LoadTrackerOptions,
  type Model,
  type ModelSource,
  loadTracker as openTracker,
  type Tracker,
} from "@lorat/core";
import { modelOf, openModel, storedWeights } from "@lorat/core/model";
import { requireTracker } from "@lorat/core/weights";
import { userCacheFolder } from "../../files/user-cache.ts";
import { mergeAdapter } from "./adapter.ts";
import { modelFolderPath } from "./model-path.ts";

/** How a model is loaded. */
export interface LoadOptions extends Pick<LoadTrackerOptions, "signal" | "onProgress"> {
  /** Adapter file to merge in, as `lorat finetune` writes them. */
  readonly adapter?: string;
}

/**
 * Loads a model by its bundled name, its folder or address, or its files; the weights of a folder stay in their file: ONNX Runtime maps
 * them, and every session made from the model shares them; what an adapter changes is merged in memory. Throws `MODEL_UNKNOWN`,
 * `MODEL_JSON`, `MODEL_BACKBONE_ONLY`, and what the readers of weights throw.
 */
export async function loadModel(
  model: ModelSource,
  { adapter, signal, onProgress }: LoadOptions = {},
): Promise<Model> {
  const opened = await openModel(await located(model), { signal, onProgress });
  try {
    requireTracker(opened);
    const stored = await storedWeights(opened, signal);
    if (!adapter) return modelOf(opened, stored);
    return modelOf(opened, await mergeAdapter(adapter, { folder: opened, source: opened.source, stored }));
  } finally {
    await opened.dispose();
  }
}

/**
 * A tracker ready for its first frame, from a bundled model's name, a model folder, an address or files. Unless `cacheFolder` says otherwise,
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
  model: ModelSource,
  options: LoadTrackerOptions & LoadOptions = {},
): Promise<Tracker> {
  const cacheFolder = userCacheFolder("weights");
  return openTracker(await loadModel(model, options), { cacheFolder, ...options });
}

/** Names and paths are looked up as the command line does; addresses and files are core's. */
async function located(model: ModelSource): Promise<ModelSource> {
  const isPath = typeof model === "string" && !/^(https?|file):/i.test(model);
  return isPath ? modelFolderPath(model) : model;
}
