import { LoratError, type StoredTensor, sizeOf, type Weights } from "@lorat/graph";
import { place } from "#place";
import { mergedConfig } from "../model/config.ts";
import type { Model } from "../tracking/network.ts";
import type { ByteSource } from "../weights/byte-source.ts";
import { type ModelFolder, readModelFolder, requireTracker } from "../weights/model-folder.ts";
import { cancellable, throwIfCancelled } from "./cancel.ts";
import { fetchModel } from "./fetch-model.ts";
import type { FetchOptions } from "./load-options.ts";
import { type ModelParts, partsOfFiles } from "./model-parts.ts";
import type { ModelSource } from "./model-source.ts";

/** A model folder that was found, checked and opened. */
export interface OpenedModel extends ModelFolder {
  /** As it was asked for. */
  readonly name: string;
  /** The bytes of its weights file. */
  readonly source: ByteSource;
  /** Path of that file; undefined where it is not in one. */
  readonly file: string | undefined;
  dispose(): Promise<void>;
}

/**
 * Finds and opens a model. Throws `MODEL_UNKNOWN` and `WEIGHTS_NOT_FOUND` for a model that lacks a part, `MODEL_SOURCE` for what is no
 * place of a model, `MODEL_FETCH`, `LOAD_CANCELLED`, and what {@link readModelFolder} throws.
 */
export async function openModel(source: ModelSource, options: FetchOptions = {}): Promise<OpenedModel> {
  throwIfCancelled(options.signal);
  const parts = await partsOf(source, options);
  try {
    const folder = await readModelFolder({ json: parts.json, weights: parts.weights });
    return {
      ...folder,
      name: parts.name,
      source: parts.weights,
      file: parts.file,
      dispose: async () => parts.dispose?.(),
    };
  } catch (error) {
    await parts.dispose?.();
    throw error;
  }
}

/** The weights of an opened model as sessions take them: in their file where there is one, else in memory. */
export async function storedWeights(
  { weights, file }: OpenedModel,
  signal?: AbortSignal,
): Promise<Map<string, StoredTensor>> {
  const stored = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, offset }] of weights.entries) {
    throwIfCancelled(signal);
    const type = dtype === "F16" ? "float16" : "float32";
    if (file !== undefined) stored.set(name, { dtype: type, shape, file, offset });
    else stored.set(name, { dtype: type, shape, data: numbers(type, await weights.bytes(name), shape) });
  }
  return stored;
}

/** A model ready for trackers, of an opened folder and its weights. Throws `MODEL_BACKBONE_ONLY`. */
export function modelOf(opened: OpenedModel, weights: Weights): Model {
  requireTracker(opened);
  const { variant, calibration, int8, loop, presence } = opened.manifest;
  return {
    name: variant.name,
    config: mergedConfig(variant),
    weights,
    calibration,
    loop,
    presence,
    singleLayers: int8?.singleLayers,
  };
}

/**
 * Loads a model, for several trackers. In Node the weights of a folder stay in their file: ONNX Runtime maps them, and every session made
 * from the model shares them. Throws what {@link openModel} and {@link modelOf} throw.
 */
export async function loadModel(source: ModelSource, options: FetchOptions = {}): Promise<Model> {
  const opening = openModel(source, options);
  const opened = await cancellable(opening, options.signal, (late) => late.dispose());
  try {
    requireTracker(opened);
    return modelOf(opened, await storedWeights(opened, options.signal));
  } finally {
    await opened.dispose();
  }
}

async function partsOf(source: ModelSource, options: FetchOptions): Promise<ModelParts> {
  const text = source instanceof URL ? source.href : source;
  if (typeof text !== "string") return partsOfFiles(text);
  if (text === "") throw new LoratError("MODEL_UNKNOWN", "the name of the model is empty");
  const named = await place.named(text);
  if ("parts" in named) return named.parts;
  return fetchModel(named.address, text, options, named.hint);
}

/** Bytes as numbers; copied where they do not begin at a whole number of them. */
function numbers(
  type: "float16" | "float32",
  bytes: Uint8Array,
  shape: readonly number[],
): Uint16Array & Float32Array {
  const Numbers = type === "float16" ? Uint16Array : Float32Array;
  const { buffer, byteOffset } =
    bytes.byteOffset % Numbers.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new Numbers(buffer as ArrayBuffer, byteOffset, sizeOf(shape)) as Uint16Array & Float32Array;
}
