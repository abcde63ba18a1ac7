import type { Box, Precision } from "@lorat/core";
import type { Variant } from "@lorat/core/model";
import type { ConcreteDevice } from "@lorat/graph";
import type { Clock, Suite } from "./suite.ts";

/** Everything that a benchmark of one kind is told. */
export interface BenchContext {
  readonly variants: readonly Variant[];
  readonly precisions: readonly Precision[];
  readonly device: ConcreteDevice;
  /** Threads inside an operator, CPU only; default: ONNX Runtime's own choice. */
  readonly threads?: number;
  /** Targets or pictures that run at once. */
  readonly batches: readonly number[];
  /** Milliseconds that one contender may take of a round; at least one run is made. */
  readonly roundMs: number;
  readonly clock: Clock;
  /** Small sizes: to see that everything works, not to measure. */
  readonly quick: boolean;
  /** A folder for this run, removed at its end. */
  readonly folder: string;
  /** A video to track and the box on its first frame; default: made up. */
  readonly video?: { readonly path: string; readonly box: Box };
  /** Folder of scripts that measure others: `torch_lorat.py`, `one_pass.py`. */
  readonly peers?: string;
  /** Folder of NanoTrack's published ONNX files. */
  readonly nanotrack?: string;
  /** VitTrack's file. */
  readonly vittrack?: string;
  readonly signal?: AbortSignal;
  /** Told what is being prepared. */
  readonly onStage: (label: string) => void;
}

/** Suites of one kind, each made when the one before is done with, so that memory is one suite's. */
export type SuiteMaker = (context: BenchContext) => AsyncGenerator<Suite, void, void>;
