import { decodeFloat32, type FileSource, fileSource } from "@lorat/core/weights";
import {
  bytesOf,
  bytesPerElement,
  type DType,
  type StoredTensor,
  sizeOf,
  type Value,
  type Weights,
} from "@lorat/graph";
import { encoded } from "../convert/tensors.ts";

/** A weight as an export keeps it. */
export interface ExportedWeight {
  readonly parameter: Value;
  readonly dtype: DType;
  readonly bytes: number;
  /** Its data; made anew at each call. */
  read(): Promise<Uint8Array>;
}

/** Weights for an export, and the files that they are read from. */
export interface WeightReader {
  /** `half` keeps matrices in half precision. */
  of(parameter: Value, half: boolean): ExportedWeight;
  dispose(): Promise<void>;
}

/** Reads weights where they lie. Reading throws `WEIGHTS_HALF_RANGE` for what half precision cannot hold. */
export function weightReader(weights: Weights): WeightReader {
  const sources = new Map<string, Promise<FileSource>>();
  const bytes = async (stored: StoredTensor): Promise<Uint8Array> => {
    if (!("file" in stored)) return bytesOf(stored);
    let source = sources.get(stored.file);
    if (!source) {
      source = fileSource(stored.file);
      sources.set(stored.file, source);
    }
    return (await source).read(stored.offset, sizeOf(stored.shape) * bytesPerElement[stored.dtype]);
  };
  return {
    of(parameter, half) {
      const stored = weights.get(parameter.name)!;
      const isMatrix = stored.shape.filter((side) => side !== 1).length > 1;
      const narrows = half && isMatrix && stored.dtype === "float32";
      const dtype = narrows ? "float16" : stored.dtype;
      return {
        parameter,
        dtype,
        bytes: sizeOf(stored.shape) * bytesPerElement[dtype],
        read: async () =>
          narrows ? encoded(parameter.name, "F16", decodeFloat32("F32", await bytes(stored))) : bytes(stored),
      };
    },
    async dispose() {
      for (const source of sources.values()) await (await source).dispose();
    },
  };
}
