import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
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
import { LoratError, type StoredTensor } from "@lorat/graph";
import { fileSource } from "../weights/file-source.ts";
import { mergeAdapter } from "./adapter.ts";
import { modelFolderPath } from "./model-path.ts";

/** How a model is loaded. */
export interface LoadOptions {
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
  const path = join(folder, modelFiles.manifest);
  const json = parseJson(await readFile(path, "utf8"), path);
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
    return { name: opened.manifest.variant.name, config: mergedConfig(opened.manifest.variant), weights };
  } finally {
    await source.dispose();
  }
}

/**
 * A tracker ready for its first frame, from a bundled model's name or a model folder.
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
  return createTracker(await loadModel(model, options), options);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LoratError("MODEL_JSON", `${path} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
}
