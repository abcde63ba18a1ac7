import { float32, type Tensor } from "@lorat/graph";
import { batchNormMomentum } from "../model/head/conv.ts";
import type { TrainingStep } from "./step.ts";

/** Running statistics of a network's batch normalisations, by their names in the state dict. */
export type RunningStatistics = Map<string, Tensor<"float32">>;

/** Prefix of the training step's outputs that hold one batch's statistics. */
const prefix = "statistics/";

/** The statistics at the start of a training: mean zero and variance one, or what `known` tensors say. Empty without any. */
export function initialStatistics(
  { outputs }: Pick<TrainingStep, "outputs">,
  known: ReadonlyMap<string, unknown>,
): RunningStatistics {
  const statistics: RunningStatistics = new Map();
  for (const [key, { shape }] of Object.entries(outputs)) {
    if (!key.startsWith(prefix)) continue;
    const name = runningName(key);
    const given = known.get(name) as Tensor<"float32"> | undefined;
    const start = () => new Float32Array(shape[0]!).fill(key.endsWith(".var") ? 1 : 0);
    statistics.set(name, float32(given?.data.slice() ?? start(), shape));
  }
  return statistics;
}

/** Moves the statistics towards those of one forward pass, a tenth of the way. */
export function updateStatistics(
  statistics: RunningStatistics,
  results: Readonly<Record<string, { readonly data?: unknown }>>,
): void {
  for (const [key, { data }] of Object.entries(results)) {
    if (!key.startsWith(prefix)) continue;
    const running = statistics.get(runningName(key))!.data;
    const fresh = data as Float32Array;
    for (let i = 0; i < running.length; i++) {
      running[i] = (1 - batchNormMomentum) * running[i]! + batchNormMomentum * fresh[i]!;
    }
  }
}

/** `statistics/head.cls.conv1.1.mean` as `head.cls.conv1.1.running_mean`. */
function runningName(key: string): string {
  return key.slice(prefix.length).replace(/\.(mean|var)$/, ".running_$1");
}
