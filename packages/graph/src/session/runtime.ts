import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import type { LoratError } from "../errors.ts";
import type { DType } from "../tensor.ts";

/** A device that was settled on. */
export type ConcreteDevice = "cpu" | "webgpu" | "cuda" | "wasm";
/** `auto` takes the best device that is known to work. */
export type Device = "auto" | ConcreteDevice;

/** The part of ONNX Runtime's JavaScript interface that sessions use. */
export interface Ort {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: typeof OrtTensor;
}

/** Bytes of a file that a graph's parameters point into. */
export interface ExternalFile {
  readonly path: string;
  readonly data?: Uint8Array;
}

/** A tensor in an entry of a weight store. */
export interface KeptTensor {
  readonly dtype: DType;
  readonly offset: number;
  readonly length: number;
  /** ONNX Runtime's notes on the copies laid out for products. */
  readonly packed: Readonly<Record<string, string>>;
}

/** Tensors by what they are computed from, in {@link keptFiles}`.weights` of a folder. */
export interface KeptWeights {
  readonly folder: string;
  readonly tensors: Readonly<Record<string, KeptTensor>>;
}

/** Names of the two files that ONNX Runtime writes of an optimised graph. */
export const keptFiles = { model: "graph.onnx", weights: "weights.bin" } as const;

/** Tensors to be found in a weight store, or to be made and stored there. */
export interface KeptRequest {
  /** The store's folder. */
  readonly cacheFolder: string;
  /** Everything that decides the tensors, except this machine and these versions. */
  readonly description: string;
  /** Files that they are made from. */
  readonly sources: readonly string[];
  /** Bytes that they take, once. */
  readonly bytes: number;
  /** Writes {@link keptFiles} into a folder. */
  make(folder: string): Promise<void>;
  /** Names and shapes of the tensors that the model takes and gives. */
  read(model: Uint8Array): Record<string, KeptTensor>;
}

/** What differs between Node and the browser. */
export interface Runtime {
  /** The devices of this place. */
  devices(): Promise<readonly ConcreteDevice[]>;
  /** Says how to get a device that is not among them, where there is a way. */
  advice?(missing: ConcreteDevice): string | undefined;
  /** Chooses the device that `auto` stands for. */
  preferred(): Promise<ConcreteDevice>;
  /** ONNX Runtime for the device. */
  load(device: ConcreteDevice): Promise<Ort>;
  /** Splits a file's path into the folder that sessions are told and the name inside it; Node only. */
  locate?(path: string): { folder: string; name: string };
  /** Bytes of a file; Node only. */
  read?(path: string, offset: number, length: number): Uint8Array;
  /**
   * Finds tensors in a weight store, or makes and keeps them; undefined, with one warning for each folder, where they
   * cannot be kept. Node only.
   */
  keep?(request: KeptRequest): Promise<KeptWeights | undefined>;
  /** What to tell where a session failed because ONNX Runtime's own files could not be had; pages only. */
  missing?(cause: unknown): LoratError | undefined;
  /** True where a tensor's `getData` cannot be used to read a device's memory back. */
  readonly readsBackThroughSession: boolean;
  /** True where the `Float16Array` that a tensor makes of half-precision bits is read as empty. */
  readonly takesHalvesAsBits: boolean;
}
