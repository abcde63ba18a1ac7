import { initialWeights, type ModelConfig, parametersOf } from "@lorat/core/model";
import {
  createRandom,
  optimizerNames,
  type TrainingBatch,
  TrainingEngine,
  type TrainingSettings,
} from "@lorat/core/training";
import { type Device, float32, sizeOf, type Tensor } from "@lorat/graph";
import { type Results, stepCase } from "./cases.ts";

/**
 * A few updates by the trainer's engine, each of two passes with drop path, then one whose loss is not finite and is
 * skipped. Gives the losses, the gradient norms, and all that a checkpoint would hold.
 */
export async function trainByEngine(model: ModelConfig, steps: number, device: Device): Promise<Results> {
  const settings: TrainingSettings = {
    model: { ...model, variant: { ...model.variant, dropPath: 0.4 } },
    batchSize: 2,
    accumulation: 2,
    steps,
    optimizer: {
      learningRate: 1e-3,
      warmupSteps: 0,
      warmupLearningRate: 0,
      minLearningRate: 1e-3,
      weightDecay: 0.1,
      maxGradNorm: 1,
    },
    averageDecay: 0.9,
    seed: 3,
  };
  const parameters = parametersOf(settings.model, { training: true });
  const weights = initialWeights(parameters, createRandom(1)) as Map<string, Tensor<"float32">>;
  const tensors = new Map<string, Tensor<"float32">>();
  for (const [name, { shape }] of weights) {
    // Not zero, or the first step would be the sign of each gradient: nothing to compare rounding by.
    tensors.set(optimizerNames.variance(name), float32(new Float32Array(sizeOf(shape)).fill(1e-4), shape));
  }
  const resume = { progress: { step: 0, updates: 0, nonFinite: 0 }, tensors };
  const engine = await TrainingEngine.create(settings, { weights, resume, device });
  const losses: number[] = [];
  const norms: number[] = [];
  for (let i = 0; i < steps; i++) {
    const { loss, gradNorm } = await engine.step(
      batchOf(settings.model, 2 * i),
      batchOf(settings.model, 2 * i + 1),
    );
    losses.push(loss);
    norms.push(gradNorm);
  }
  const broken = batchOf(settings.model, 99);
  broken.search[0] = Number.NaN;
  const { skipped } = await engine.step(broken, broken);
  if (skipped !== "loss") throw new Error(`an update with a loss that is not finite was not skipped`);
  const state = await engine.state();
  await engine.dispose();
  const results: Results = { losses: Float32Array.from(losses), norms: Float32Array.from(norms) };
  for (const [name, { data }] of state.tensors) results[name] = data.slice();
  return results;
}

function batchOf(model: ModelConfig, seed: number): TrainingBatch {
  const { feeds } = stepCase(model, 2, seed + 1);
  const data = (name: string) => feeds[name]!.data as Float32Array;
  return {
    size: 2,
    template: data("template"),
    search: data("search"),
    templateMask: data("template_mask"),
    positives: data("positives"),
    boxes: data("target_boxes"),
    positiveCount: data("positive_count")[0]!,
  };
}
