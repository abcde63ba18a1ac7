import type { ModelConfig } from "@lorat/core/model";
import {
  adamWGraph,
  adamWScalars,
  optimizerNames as n,
  parameterGroups,
  trainingStep,
} from "@lorat/core/training";
import {
  DeviceTensor,
  float32,
  Graph,
  readBack,
  Session,
  type SessionOptions,
  type Shape,
  scalar,
  sizeOf,
  type Tensor,
} from "@lorat/graph";
import { type Results, stepCase } from "./cases.ts";

/**
 * Trains for a few steps on one batch, with parameters, gradients and moments on the device from the first step to the
 * last where it has memory of its own. Gives the loss of every step and what the last one left.
 */
export async function trainAWhile(
  config: ModelConfig,
  steps: number,
  options: SessionOptions,
): Promise<Results> {
  const { trainable } = trainingStep(config, 2);
  const shapes = new Map<string, Shape>(trainable.map(({ name, shape }) => [name, shape]));
  const groups = parameterGroups(trainable);
  const updates = adamWGraph(new Graph(), shapes, groups);
  const keep = (outputs: object) => Object.keys(outputs).filter((name) => /^(gradient|updated)\//.test(name));
  const { outputs, weights, fed, feeds } = stepCase(config, 2);
  const step = await Session.create(outputs, { ...options, weights, fed, keepOnDevice: keep(outputs) });
  const optimizer = await Session.create(updates, { ...options, keepOnDevice: keep(updates) });

  let state: Record<string, Tensor | DeviceTensor> = {};
  for (const [name, shape] of shapes) {
    state[name] = feeds[name]!;
    state[n.mean(name)] = float32(new Float32Array(sizeOf(shape)), shape);
    // Not zero, or the first step would be the sign of each gradient: nothing to compare rounding by.
    state[n.variance(name)] = float32(new Float32Array(sizeOf(shape)).fill(1e-4), shape);
  }
  const losses: number[] = [];
  for (let i = 1; i <= steps; i++) {
    const given = { ...feeds, ...state };
    const gradients = await step.run(given);
    losses.push(Number((gradients.loss as Tensor).data[0]));
    const rates = groups.map(() => 1e-3);
    const { stepSizes, decays, correction } = adamWScalars(i, rates, groups);
    const updated = await optimizer.run({
      ...state,
      ...gradients,
      [n.stepSizes]: float32(stepSizes, [groups.length]),
      [n.decays]: float32(decays, [groups.length]),
      [n.correction]: scalar(correction),
      [n.gradientFactor]: scalar(0.25),
    });
    release([...Object.values(gradients), ...Object.values(state)]);
    state = Object.fromEntries(Object.keys(state).map((name) => [name, updated[n.updated(name)]!]));
  }
  const results: Results = { losses: Float32Array.from(losses) };
  for (const [name, tensor] of Object.entries(state)) {
    if (options.device === "webgpu" && !(tensor instanceof DeviceTensor))
      throw new Error(`${name} left the device`);
    results[name] = (await readBack(tensor)).data as Float32Array;
  }
  release(Object.values(state));
  await Promise.all([step.dispose(), optimizer.dispose()]);
  return results;
}

function release(tensors: readonly (Tensor | DeviceTensor)[]): void {
  for (const tensor of tensors) if (tensor instanceof DeviceTensor) tensor.dispose();
}
