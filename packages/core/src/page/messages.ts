import { type ConcreteDevice, LoratError } from "@lorat/graph";
import type { WasmOptions } from "@lorat/graph/web";
import type { FrameInput } from "../frames/frame-input.ts";
import type { Box } from "../geometry/box.ts";
import type { LoadProgress } from "../loading/load-options.ts";
import type { LoadTrackerOptions } from "../loading/load-tracker.ts";
import type { ModelSource } from "../loading/model-source.ts";
import type { Model } from "../tracking/network.ts";
import type { TrackResult } from "../tracking/types.ts";

/** Options that cross to a worker: functions and signals do not. */
export type SentOptions = Omit<LoadTrackerOptions, "signal" | "onProgress" | "createSession" | "cacheFolder">;

/** What is asked of a worker; each call is answered under its name. */
export interface Calls {
  load: {
    readonly asked: {
      readonly source: ModelSource | Model;
      readonly options: SentOptions;
      readonly wasm: WasmOptions;
    };
    readonly answer: { readonly device: ConcreteDevice | undefined };
  };
  /** The answer is the target's number. */
  start: { readonly asked: { readonly frame: FrameInput; readonly box: Box }; readonly answer: number };
  track: {
    readonly asked: { readonly frame: FrameInput; readonly targets: readonly number[] };
    readonly answer: readonly TrackResult[];
  };
  release: { readonly asked: { readonly target: number }; readonly answer: undefined };
  cancel: { readonly asked: undefined; readonly answer: undefined };
}

export type CallName = keyof Calls;

/** To the worker. */
export type Request = {
  [N in CallName]: { readonly id: number; readonly call: N; readonly asked: Calls[N]["asked"] };
}[CallName];

/** An error as it crosses threads. */
export interface SentError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly issues: readonly string[];
}

/** From the worker. */
export type Response =
  | { readonly id: number; readonly answer: Calls[CallName]["answer"] }
  | { readonly id: number; readonly error: SentError }
  | { readonly progress: LoadProgress };

/** For the other thread. */
export function sentError(error: unknown): SentError {
  if (error instanceof LoratError) {
    const { code, message, hint, issues } = error;
    return { code, message, hint, issues };
  }
  return {
    code: "WORKER_FAILED",
    message: String((error as Error)?.message ?? error),
    hint: undefined,
    issues: [],
  };
}

/** From the other thread. */
export function receivedError({ code, message, hint, issues }: SentError): LoratError {
  return new LoratError(code, message, { hint, issues });
}
