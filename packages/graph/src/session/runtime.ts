import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";

/** A device that was settled on. */
export type ConcreteDevice = "cpu" | "webgpu" | "cuda" | "wasm";
/** `auto` takes the best device that is known to work without asking further. */
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

/** What differs between Node and the browser. */
export interface Runtime {
  /** Devices that can be asked for here. */
  devices(): Promise<readonly ConcreteDevice[]>;
  /** The device that `auto` stands for. */
  preferred(): Promise<ConcreteDevice>;
  /** ONNX Runtime for the device. */
  load(device: ConcreteDevice): Promise<Ort>;
  /** Splits a file's path into the folder that sessions are told and the name inside it; Node only. */
  locate?(path: string): { folder: string; name: string };
  /** True where a tensor's `getData` cannot be used to read a device's memory back. */
  readonly readsBackThroughSession: boolean;
  /** True where the `Float16Array` that a tensor makes of half-precision bits is read as empty. */
  readonly takesHalvesAsBits: boolean;
}
