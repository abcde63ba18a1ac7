import { LoratError, type Tensor, type Value, type Weights } from "@lorat/graph";
import { optimizerNames as names } from "../graph-names.ts";
import type { LossScale } from "./loss-scaler.ts";
import type { TensorState } from "./optimizer.ts";

/** Where a training stands; plain data. */
export interface TrainingProgress {
  /** Finished updates of the schedule, skipped ones included. */
  readonly step: number;
  /** Updates that changed the parameters. */
  readonly updates: number;
  /** Updates in a row, up to now, whose loss or (in single precision) gradients were not finite. */
  readonly nonFinite: number;
  /** Mixed precision only. */
  readonly lossScale?: LossScale;
}

/** What a training continues from: progress, and the tensors that {@link TrainingEngine.state} gave. */
export interface TrainingState {
  readonly progress: TrainingProgress;
  readonly tensors: ReadonlyMap<string, Tensor<"float32">>;
}

/**
 * Checks that a parameter has data, and that it can be written to where it trains. Throws `WEIGHTS_NAMES`, `WEIGHTS_DTYPE`.
 */
export function requireWeight(
  name: string,
  weights: Weights,
  fed: ReadonlySet<string>,
  resume: TrainingState | undefined,
): void {
  const given = (fed.has(name) && resume?.tensors.get(name)) || weights.get(name);
  if (!given) throw new LoratError("WEIGHTS_NAMES", `the network needs ${name}, which was not given`);
  if (fed.has(name) && ("file" in given || given.dtype !== "float32")) {
    throw new LoratError("WEIGHTS_DTYPE", `${name} trains: it must be float32 in memory`);
  }
}

/** The optimiser's state at the start: trainable parameters, and the moments and averages of a resumed training. */
export function startState(
  trainable: readonly Value[],
  weights: Weights,
  resume: TrainingState | undefined,
): TensorState {
  const state: TensorState = new Map();
  for (const { name } of trainable) {
    state.set(name, resume?.tensors.get(name) ?? (weights.get(name) as Tensor));
    for (const key of [names.mean(name), names.variance(name), names.average(name)]) {
      const kept = resume?.tensors.get(key);
      if (kept) state.set(key, kept);
    }
  }
  return state;
}
