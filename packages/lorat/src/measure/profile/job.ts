import type { Precision } from "@lorat/core";
import type { ConcreteDevice, Device, FileTensor } from "@lorat/graph";
import type { PlainError } from "../../threads/thread-error.ts";

/** What trains: LoRA's adapters, token types and head; or everything. */
export type TrainingSide = "lora" | "full";

interface Job {
  readonly variant: string;
  readonly device: Device;
  /** Threads inside an operator, CPU only; ONNX Runtime's own choice when left out. */
  readonly threads?: number;
  /** Random weights, by name; every parameter of the graph. */
  readonly weights: readonly (readonly [string, FileTensor])[];
}

/** The merged network, batch 1. */
export interface ForwardJob extends Job {
  readonly kind: "forward";
  readonly precision: Precision;
  /** Timed runs; left out: what the specification's section 6 says for the device. */
  readonly repeat?: number;
}

/** Training steps of one side, optimiser included. */
export interface TrainingJob extends Job {
  readonly kind: "training";
  readonly side: TrainingSide;
  readonly batch: number;
  /** Timed steps; the untimed first ones come on top. */
  readonly steps: number;
}

export type ProfileJob = ForwardJob | TrainingJob;

/** What a child process found out. */
export interface ProfileFigures {
  readonly device: ConcreteDevice;
  /** Milliseconds of each timed run, in order. */
  readonly ms: readonly number[];
  /** Milliseconds of processor time of each, all threads together: hardly disturbed by what else the machine does. */
  readonly cpuMs: readonly number[];
  /** Of the milliseconds, the optimiser's; training only. */
  readonly optimizerMs?: readonly number[];
  /** Most resident memory of the whole process, in bytes. */
  readonly peakBytes: number;
  /** Seconds from the process's start to the first run's end. */
  readonly startSeconds: number;
}

/** From a child to its parent. */
export type ChildNews<Figures> =
  | { readonly kind: "progress"; readonly done: number; readonly total: number }
  | { readonly kind: "figures"; readonly figures: Figures }
  | { readonly kind: "error"; readonly error: PlainError };

/** Tells how far a measurement is: runs done and runs in all, warm-ups included. */
export type RunProgress = (done: number, total: number) => void;
