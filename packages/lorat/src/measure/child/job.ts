import type { Precision } from "@lorat/core";
import type { ConcreteDevice, Device, FileTensor } from "@lorat/graph";
import type { PlainError } from "../../threads/thread-error.ts";

/** What trains: LoRA's adapters, token types and head; or everything. */
export type TrainingSide = "lora" | "full";

interface Job {
  readonly variant: string;
  readonly device: Device;
  /** Threads inside an operator, CPU only; default: ONNX Runtime's own choice. */
  readonly threads?: number;
  /** Random weights, by name; every parameter of the graph. */
  readonly weights: readonly (readonly [string, FileTensor])[];
}

/** The merged network, batch 1. */
export interface ForwardJob extends Job {
  readonly kind: "forward";
  readonly precision: Precision;
  /** Timed runs; default: what specification section 6 says for the device. */
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

/** Many frames through trackers, to see whether memory grows. */
export interface ManyFramesJob {
  readonly kind: "many-frames";
  readonly model: string;
  readonly threads?: number;
  /** Frames through one tracker. */
  readonly frames: number;
  /** Frames before the resident size is noted for the first time. */
  readonly settled: number;
  /** Trackers opened, used for two frames and disposed of, one after the other. */
  readonly trackers: number;
  /** Frames of 3840 x 2160 pixels through one tracker. */
  readonly largeFrames: number;
  /** Trackers that are open at once, and the frames that go through each. */
  readonly together: number;
  readonly togetherFrames: number;
}

/** Resident bytes of the process. */
export interface ManyFramesFigures {
  readonly settled: number;
  readonly afterFrames: number;
  /** After the first tenth of the trackers, and after all. */
  readonly firstTrackers: number;
  readonly afterTrackers: number;
  /** Of the large frames: after the first hundredth, and after all. */
  readonly firstLarge: number;
  readonly afterLarge: number;
  /** Of trackers side by side: after the first tenth of the frames, and after all. */
  readonly firstTogether: number;
  readonly afterTogether: number;
}

/** What a child process measures. */
export type ChildJob = ForwardJob | TrainingJob | ManyFramesJob;

/** What it finds out of a job. */
export type FiguresOf<Job extends ChildJob> = Job extends ManyFramesJob ? ManyFramesFigures : ProfileFigures;

/** Times and memory of a forward pass or a training step. */
export interface ProfileFigures {
  readonly device: ConcreteDevice;
  /** Milliseconds of each timed run, in order. */
  readonly ms: readonly number[];
  /** Milliseconds of processor time of each, all threads together: hardly disturbed by what else the machine does. */
  readonly cpuMs: readonly number[];
  /** Of the milliseconds, the optimiser's; training only. */
  readonly optimizerMs?: readonly number[];
  /** Maximum resident memory of the whole process, in bytes. */
  readonly peakBytes: number;
  /** Seconds from the process's start to the first run's end. */
  readonly startSeconds: number;
}

/** From a child to its parent. */
export type ChildNews =
  | { readonly kind: "progress"; readonly done: number; readonly total: number }
  | { readonly kind: "figures"; readonly figures: ProfileFigures | ManyFramesFigures }
  | { readonly kind: "error"; readonly error: PlainError };

/** Tells how far a measurement is: runs done and runs in all, warm-ups included. */
export type RunProgress = (done: number, total: number) => void;
