import { LoratError } from "@lorat/graph";
import type { WeightDType } from "./dtype.ts";

/** One tensor of a weight file. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: WeightDType;
  readonly shape: readonly number[];
  /** Where its first byte lies in the file, absolute. */
  readonly offset: number;
  /** Bytes it spans in the file; more than its elements need where it is stored with gaps. */
  readonly length: number;
}

/** An opened weight file: a checked table of contents, and tensors read one at a time or in pieces. */
export interface TensorFile {
  readonly format: "safetensors" | "torch";
  /** Length of the file in bytes. */
  readonly size: number;
  /** Free text that came with the tensors; empty for torch files. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /**
   * Reads elements `[begin, end)` of a tensor in row-major order (the whole of it by default), little-endian bytes of its
   * own dtype. They may be shared with the source: never write into them. Throws `TENSOR_NOT_FOUND`, `WEIGHTS_TRUNCATED`.
   */
  bytes(name: string, begin?: number, end?: number): Promise<Uint8Array>;
  /** As {@link bytes}, decoded to float32; also to be left unwritten. */
  float32(name: string, begin?: number, end?: number): Promise<Float32Array>;
}

/** The entry called `name`; throws `TENSOR_NOT_FOUND`. */
export function requireEntry<E extends TensorEntry>(entries: ReadonlyMap<string, E>, name: string): E {
  const entry = entries.get(name);
  if (!entry) throw new LoratError("TENSOR_NOT_FOUND", `the file holds no tensor called "${name}"`);
  return entry;
}

/** Throws `TENSOR_RANGE` unless `0 <= begin <= end <= count`. */
export function checkElements(name: string, begin: number, end: number, count: number): void {
  if (!(Number.isInteger(begin) && Number.isInteger(end) && begin >= 0 && begin <= end && end <= count)) {
    throw new LoratError(
      "TENSOR_RANGE",
      `elements ${begin} to ${end} of "${name}" were asked, it has ${count}`,
    );
  }
}

/** `[2, 3]`; a scalar prints as `[]`. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
