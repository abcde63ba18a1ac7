import { join } from "node:path";
import type { ModelConfig } from "@lorat/core/model";
import { optimizerNames } from "@lorat/core/training";
import { encodeFloat32, requireEntry, type TensorEntry, type TensorFile } from "@lorat/core/weights";
import { LoratError, type StoredTensor, scalar, storedBytes, type Tensor } from "@lorat/graph";
import { lastCheckpoint } from "../runs/checkpoint.ts";
import type { RunConfig } from "../runs/run-config.ts";
import { runFiles } from "../runs/run-config.ts";
import { startingWeights } from "./starting-weights.ts";
import type { TensorReader } from "./stored-tensors.ts";

/** What a run has trained so far. */
interface TrainedTensors {
  /** Updates behind. */
  readonly step: number;
  /** Trained tensors and running statistics, under their names in training. */
  readonly tensors: Map<string, Tensor<"float32">>;
}

/** The trained tensors of a run's last checkpoint, averaged where the run keeps an average. Throws `RUN_NO_CHECKPOINT`. */
export async function trainedTensors(run: string): Promise<TrainedTensors> {
  const checkpoint = await lastCheckpoint(join(run, runFiles.checkpoints));
  if (!checkpoint) throw new LoratError("RUN_NO_CHECKPOINT", `${run} holds no checkpoint yet`);
  const { tensors: all, progress } = checkpoint;
  const tensors = new Map<string, Tensor<"float32">>();
  for (const [name, tensor] of all) {
    if (/^(exp_avg|exp_avg_sq|ema)\//.test(name)) continue;
    tensors.set(name, all.get(optimizerNames.average(name)) ?? tensor);
  }
  return { step: progress.step, tensors };
}

/** Every tensor of a run's network: the frozen ones from where the run took them, the trained ones as they are now. */
export async function runWeights(
  run: string,
  config: RunConfig,
): Promise<{ step: number; weights: Map<string, StoredTensor> }> {
  const { step, tensors } = await trainedTensors(run);
  const weights = await startingWeights(config, tensors);
  for (const [name, tensor] of tensors) weights.set(name, tensor);
  return { step, weights };
}

/** The scalars by which files say how adapters are scaled (specification section 2.2); none for other networks. */
export function scalingScalars({ adaptation }: ModelConfig): Map<string, Tensor<"float32">> {
  if (adaptation.kind !== "lora") return new Map();
  return new Map([
    ["lora_alpha", scalar(adaptation.alpha)],
    ["use_rslora", scalar(adaptation.rankStabilised ? 1 : 0)],
  ]);
}

/** Tensors in memory and in files as one {@link TensorFile}, for merging. */
export function asTensorFile(weights: ReadonlyMap<string, StoredTensor>, reader: TensorReader): TensorFile {
  const entries = new Map<string, TensorEntry>();
  for (const [name, tensor] of weights) {
    const { shape, dtype } = tensor;
    const length = storedBytes(tensor);
    entries.set(name, { name, dtype: dtype === "float16" ? "F16" : "F32", shape, offset: 0, length });
  }
  const float32 = (name: string, begin?: number, end?: number) => {
    requireEntry(entries, name);
    return reader.numbers(weights.get(name)!, begin, end);
  };
  return {
    format: "safetensors",
    size: [...entries.values()].reduce((sum, { length }) => sum + length, 0),
    metadata: new Map(),
    entries,
    float32,
    bytes: async (name, begin, end) => encodeFloat32("F32", await float32(name, begin, end)),
  };
}
