import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loraConfig, type ModelConfig, mergedConfig, type Variant, variantNamed } from "@lorat/core/model";
import { dinov2StateDict } from "@lorat/core/weights";
import { convertModel } from "../models/convert/index.ts";
import type { RunRecord } from "../runs/records.ts";
import type { RunConfig } from "../runs/run-config.ts";
import { runFiles } from "../runs/run-config.ts";
import { nanoPreset } from "../train/presets/nano.ts";
import { filled, writeSafetensorsFile } from "./model-weights.ts";

/** A network that trains in moments, with both kinds of random choices: data and drop path. */
export const quickVariant: Variant = {
  ...variantNamed("nano-patch"),
  name: "quick",
  dim: 48,
  heads: 3,
  hidden: 96,
  depth: 2,
  templateGrid: 2,
  searchGrid: 4,
};

/** A short run on procedural pairs. */
export function quickRun(own: Partial<RunConfig> = {}): RunConfig {
  const preset = nanoPreset({ steps: 6 });
  return { ...preset, name: "quick", model: mergedConfig(quickVariant), batchSize: 2, ...own };
}

/** LoRA with accumulation, drop path and validation, the way to exercise everything that must come back on resume. */
export function quickLoraRun(own: Partial<RunConfig> = {}): RunConfig {
  const model: ModelConfig = loraConfig({ ...quickVariant, dropPath: 0.4 }, { rank: 4, alpha: 8 });
  const run = quickRun({ model, initialisation: "reference", accumulation: 2 });
  return { ...run, validation: { everySteps: 2, samples: 4, data: run.data }, ...own };
}

/** A made-up DINOv2 for {@link quickVariant}, and the model folder that `lorat convert` makes of it. */
export async function quickBase(
  folder: string,
  precision: "fp32" | "fp16" = "fp32",
): Promise<{ dinov2: string; base: string }> {
  const tensors = filled(dinov2StateDict(quickVariant, 5)).map(({ data, ...tensor }) => ({
    ...tensor,
    data: scaled(data as Uint8Array, 0.1),
  }));
  const dinov2 = await writeSafetensorsFile(join(folder, `dinov2-${precision}.safetensors`), tensors);
  const base = join(folder, `base-${precision}`);
  await convertModel({ files: [dinov2], outDir: base, variant: quickVariant, precision, force: true });
  return { dinov2, base };
}

function scaled(bytes: Uint8Array, factor: number): Uint8Array {
  const values = new Float32Array(bytes.slice().buffer).map((value) => value * factor);
  return new Uint8Array(values.buffer);
}

/** The lines of a run's log without what depends on the clock: the numbers that must be the same every time. */
export async function repeatableRecords(folder: string): Promise<unknown[]> {
  const text = await readFile(join(folder, runFiles.metrics), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const record = JSON.parse(line) as RunRecord & Record<string, unknown>;
      const { samplesPerSecond: _s, waitShare: _w, memoryMb: _m, ...numbers } = record;
      return numbers;
    });
}
