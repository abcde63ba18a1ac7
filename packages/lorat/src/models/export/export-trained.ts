import type { TensorToWrite } from "@lorat/core/weights";
import { type OutputOptions, writeOutput } from "../../files/pending-file.ts";
import { tensorsToWrite, writeTensorFile } from "../../files/tensor-file.ts";
import type { RunConfig } from "../../runs/run-config.ts";
import { trainedTensors } from "../../train/run-weights.ts";

/**
 * Writes what a run has trained as the reference keeps it (specification section 2.3): the trainable tensors alone, under
 * its names, float32, with the scalars `lora_alpha` and `use_rslora` where there are adapters. Such a file is laid over
 * its base by `lorat convert`, and loads in the reference. Throws `RUN_NO_CHECKPOINT`, `OUTPUT_EXISTS`,
 * `OUTPUT_UNWRITABLE`.
 */
export async function exportTrained(
  run: string,
  config: RunConfig,
  path: string,
  options: OutputOptions = {},
): Promise<{ step: number; bytes: number }> {
  const { step, tensors } = await trainedTensors(run);
  const metadata = { format: "lorat", step: String(step) };
  let bytes = 0;
  await writeOutput(path, options, async (partial) => {
    bytes = await writeTensorFile(partial, [...tensorsToWrite(tensors), ...scalars(config)], metadata);
  });
  return { step, bytes };
}

function scalars({ model: { adaptation } }: RunConfig): TensorToWrite[] {
  if (adaptation.kind !== "lora") return [];
  const { alpha, rankStabilised } = adaptation;
  const whole = Number.isInteger(alpha);
  const value = whole ? BigInt64Array.of(BigInt(alpha)) : Float32Array.of(alpha);
  return [
    {
      name: "lora_alpha",
      dtype: whole ? "I64" : "F32",
      shape: [],
      data: new Uint8Array(value.buffer),
    },
    { name: "use_rslora", dtype: "BOOL", shape: [], data: Uint8Array.of(rankStabilised ? 1 : 0) },
  ];
}
