import { open } from "node:fs/promises";
import {
  loraConfig,
  type ModelConfig,
  mergedConfig,
  parametersOf,
  searchSizePx,
  templateCount,
  templateSizePx,
  type Variant,
  variantNamed,
} from "@lorat/core/model";
import { type TrainingBatch, TrainingEngine, type TrainingSettings } from "@lorat/core/training";
import { type FileTensor, float32, type StoredTensor, sizeOf } from "@lorat/graph";
import { peakMemory } from "../memory.ts";
import { pixels, timeOf } from "../timing.ts";
import type { ProfileFigures, RunProgress, TrainingJob, TrainingSide } from "./job.ts";

/** Steps before the clock runs: they take the memory that later ones find. */
const warmUpSteps = 2;

/** The network of a side: the paper's LoRA, or the plain one of which everything trains. */
export function sideConfig(variant: Variant, side: TrainingSide): ModelConfig {
  return side === "lora" ? loraConfig(variant) : mergedConfig(variant);
}

/**
 * Times steps of the trainer's own engine: forward pass, loss, gradients, clipping, AdamW with its state. Frozen weights
 * are mapped from their file, trained ones are in memory.
 */
export async function measureTraining(job: TrainingJob, onRun: RunProgress): Promise<ProfileFigures> {
  const { engine, batch, steps } = await openTraining(job);
  const ms: number[] = [];
  const cpuMs: number[] = [];
  const optimizerMs: number[] = [];
  let startSeconds = 0;
  for (let i = 0; i < steps; i++) {
    const passes = await timeOf(() => engine.accumulate(batch));
    const update = await timeOf(() => engine.update());
    if (i >= warmUpSteps) {
      ms.push(passes.ms + update.ms);
      optimizerMs.push(update.ms);
      cpuMs.push(passes.cpuMs + update.cpuMs);
    }
    if (i === 0) startSeconds = process.uptime();
    onRun(i + 1, steps);
  }
  const { device } = engine;
  const peakBytes = peakMemory();
  await engine.dispose();
  return { device, ms, cpuMs, optimizerMs, peakBytes, startSeconds };
}

/** The engine of a job, a batch for it, and the steps that its schedule has: warm-up and timed ones. */
export async function openTraining(job: TrainingJob) {
  const variant = variantNamed(job.variant);
  const settings = settingsOf(variant, job);
  const engine = await TrainingEngine.create(settings, {
    weights: await trainedInMemory(new Map(job.weights), settings.model),
    device: job.device,
    threads: job.threads,
  });
  return { engine, batch: madeUpBatch(variant, job.batch), steps: settings.steps };
}

/** The same weights, those that train read into memory. */
async function trainedInMemory(
  weights: ReadonlyMap<string, FileTensor>,
  model: ModelConfig,
): Promise<Map<string, StoredTensor>> {
  const placed = new Map<string, StoredTensor>(weights);
  const trains = new Set(parametersOf(model).flatMap(({ name, role }) => (role.trains ? [name] : [])));
  const trained = [...weights].filter(([name]) => trains.has(name));
  const file = await open(trained[0]![1].file, "r");
  try {
    for (const [name, { shape, offset }] of trained) {
      const data = new Float32Array(sizeOf(shape));
      await file.read(new Uint8Array(data.buffer), 0, data.byteLength, offset);
      placed.set(name, float32(data, shape));
    }
  } finally {
    await file.close();
  }
  return placed;
}

/** The published settings (specification sections 3.6 and 3.7). */
function settingsOf(variant: Variant, { side, batch, steps }: TrainingJob): TrainingSettings {
  return {
    model: sideConfig(variant, side),
    batchSize: batch,
    steps: warmUpSteps + steps,
    optimizer: {
      learningRate: 1e-4,
      warmupSteps: 1,
      warmupLearningRate: 1e-7,
      minLearningRate: 1e-6,
      weightDecay: 0.1,
      maxGradNorm: side === "lora" ? 1 : 0.1,
      layerDecay: side === "full" ? layerDecay(variant) : undefined,
    },
    seed: 42,
  };
}

function layerDecay({ depth }: Variant): number {
  if (depth <= 12) return 0.7;
  return depth <= 24 ? 0.8 : 0.9;
}

/** A batch of made-up pairs, each with its target in the middle of both crops. */
function madeUpBatch(variant: Variant, size: number): TrainingBatch {
  const { templateGrid, searchGrid } = variant;
  const middle = (grid: number) =>
    Float32Array.from({ length: size * grid ** 2 }, (_, i) => {
      const near = (cell: number) => Math.abs(cell + 0.5 - grid / 2) < grid / 5;
      const cell = i % grid ** 2;
      return near(cell % grid) && near(Math.floor(cell / grid)) ? 1 : 0;
    });
  const positives = middle(searchGrid);
  return {
    size,
    ...(templateCount(variant) > 1 && {
      reference: pixels(size * 3 * templateSizePx(variant) ** 2),
      referenceMask: middle(templateGrid),
    }),
    template: pixels(size * 3 * templateSizePx(variant) ** 2),
    search: pixels(size * 3 * searchSizePx(variant) ** 2),
    templateMask: middle(templateGrid),
    positives,
    boxes: Float32Array.from({ length: size * 4 }, (_, i) => (i % 4 < 2 ? 0.3 : 0.7)),
    positiveCount: positives.reduce((sum, value) => sum + value, 0),
  };
}
