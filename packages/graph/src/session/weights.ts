import { LoratError } from "../errors.ts";
import type { Value } from "../graph.ts";
import { sameShape, sizeOf } from "../shape.ts";
import { bytesPerElement, type DType, type Tensor } from "../tensor.ts";

/** A weight that stays in its file: ONNX Runtime maps it, JavaScript never holds it. Node only. */
export interface FileTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly file: string;
  /** First byte in the file. */
  readonly offset: number;
}

/** A weight in JavaScript memory or in its file. */
export type StoredTensor = Tensor | FileTensor;

/** Weights by the names of a state dict; several sessions may be made from one set. */
export type Weights = ReadonlyMap<string, StoredTensor>;

/** The bytes that a stored tensor takes. */
export function storedBytes(tensor: StoredTensor): number {
  return sizeOf(tensor.shape) * bytesPerElement[tensor.dtype];
}

/** The weight of a parameter. Throws `WEIGHTS_NAMES` when there is none, `WEIGHTS_SHAPE` when its shape differs. */
export function weightOf(weights: Weights, parameter: Value): StoredTensor {
  const stored = weights.get(parameter.name);
  if (!stored) {
    throw new LoratError(
      "WEIGHTS_NAMES",
      `the graph needs the weight ${parameter.name}, which was not given`,
    );
  }
  const halfForSingle = stored.dtype === "float16" && parameter.dtype === "float32";
  if (!sameShape(stored.shape, parameter.shape) || (stored.dtype !== parameter.dtype && !halfForSingle)) {
    throw new LoratError(
      "WEIGHTS_SHAPE",
      `the weight ${parameter.name} is ${stored.dtype} [${stored.shape}], the graph needs ${parameter.dtype} [${parameter.shape}]`,
    );
  }
  return stored;
}
