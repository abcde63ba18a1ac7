import {
  type Feeds,
  float32,
  Graph,
  Session,
  type Shape,
  type StoredTensor,
  scalar,
  type Tensor,
} from "@lorat/graph";
import { expect } from "vitest";
import { optimizerNames as names } from "../../packages/core/src/graph-names.ts";
import type { ModelConfig } from "../../packages/core/src/model/config.ts";
import { adamWGraph, adamWScalars, gradientNormGraph } from "../../packages/core/src/training/adamw.ts";
import { trainingStep } from "../../packages/core/src/training/step.ts";
import { type FixtureTensor, maxAbs, maxDifference } from "./fixtures.ts";
import { withPrefix } from "./networks.ts";

export interface RecordedRun {
  max_grad_norm: number;
  records: {
    loss: number;
    bce: number;
    giou: number;
    grad_norm_before_clip: number;
    group_lrs_used: number[];
  }[];
}

export interface RecordedGroup {
  weight_decay: number;
  params: string[];
}

export interface Trajectory {
  readonly parameters: Map<string, Tensor<"float32">>;
  readonly norms: number[];
  readonly losses: number[][];
  readonly afterStep: Map<number, Map<string, Tensor<"float32">>>;
}

/** Runs the step and optimiser graphs as long as the recording did, with its learning rates. */
export async function train(
  model: ModelConfig,
  batch: number,
  weights: ReadonlyMap<string, StoredTensor>,
  inputs: Feeds,
  groups: RecordedGroup[],
  run: RecordedRun,
): Promise<Trajectory> {
  const step = trainingStep(model, batch);
  const fed = new Set(step.trainable.map(({ name }) => name));
  const session = await Session.create(step.outputs, { device: "cpu", weights, fed });
  const optimizerGroups = groups.map((group) => ({ names: group.params, weightDecay: group.weight_decay }));
  const shapes = new Map<string, Shape>(step.trainable.map(({ name, shape }) => [name, shape]));
  const optimizer = await Session.create(adamWGraph(new Graph(), shapes, optimizerGroups), { device: "cpu" });
  const norm = await Session.create(gradientNormGraph(new Graph(), shapes), { device: "cpu" });
  const zeros = (shape: Shape) => float32(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
  const parameters = new Map([...fed].map((name) => [name, weights.get(name) as Tensor<"float32">]));
  const moments: Record<string, Tensor> = {};
  for (const [name, shape] of shapes) {
    moments[names.mean(name)] = zeros(shape);
    moments[names.variance(name)] = zeros(shape);
  }
  const result: Trajectory = { parameters, norms: [], losses: [], afterStep: new Map() };
  for (let i = 0; i < run.records.length; i++) {
    const out = await session.compute({ ...inputs, ...Object.fromEntries(parameters) });
    result.losses.push(["loss", "loss_bce", "loss_giou"].map((key) => Number(out[key]!.data[0])));
    const scalars = adamWScalars(i + 1, run.records[i]!.group_lrs_used, optimizerGroups);
    const gradNorm = Number((await norm.compute(out))[names.gradNorm]!.data[0]);
    const updated = await optimizer.compute({
      ...out,
      [names.gradientFactor]: scalar(Math.min(1, run.max_grad_norm / (gradNorm + 1e-6))),
      ...moments,
      ...Object.fromEntries(parameters),
      [names.stepSizes]: float32(scalars.stepSizes, [groups.length]),
      [names.decays]: float32(scalars.decays, [groups.length]),
      [names.correction]: scalar(scalars.correction),
    });
    result.norms.push(gradNorm);
    for (const name of fed) {
      parameters.set(name, updated[names.updated(name)] as Tensor<"float32">);
      moments[names.mean(name)] = updated[`updated/${names.mean(name)}`]!;
      moments[names.variance(name)] = updated[`updated/${names.variance(name)}`]!;
    }
    result.afterStep.set(i + 1, new Map(parameters));
  }
  await Promise.all([session.dispose(), optimizer.dispose(), norm.dispose()]);
  return result;
}

export function expectRecords(trajectory: Trajectory, run: RecordedRun, tolerance: number) {
  run.records.forEach((record, i) => {
    const [loss, bce, giou] = trajectory.losses[i]!;
    expect(Math.abs(loss! / record.loss - 1), `loss of step ${i}`).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(bce! / record.bce - 1), `bce of step ${i}`).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(giou! / record.giou - 1), `giou of step ${i}`).toBeLessThanOrEqual(tolerance);
    expect(
      Math.abs(trajectory.norms[i]! / record.grad_norm_before_clip - 1),
      `norm of step ${i}`,
    ).toBeLessThanOrEqual(tolerance * 5);
  });
}

export function expectParameters(
  actual: ReadonlyMap<string, Tensor<"float32">>,
  tensors: ReadonlyMap<string, FixtureTensor>,
  prefix: string,
  tolerance: number,
  ignore: (name: string) => [number, number] | undefined = () => undefined,
) {
  const recorded = withPrefix(tensors, prefix);
  expect(recorded.size).toBeGreaterThan(0);
  for (const [name, tensor] of recorded) {
    const mine = (actual.get(name) as Tensor<"float32">).data;
    const theirs = (tensor as Tensor<"float32">).data;
    const hole = ignore(name);
    const keep = (data: Float32Array) => (hole ? data.filter((_, i) => i < hole[0] || i >= hole[1]) : data);
    expect(maxDifference(keep(mine), keep(theirs)), `${prefix}${name}`).toBeLessThanOrEqual(tolerance);
  }
}

/** Gradients relative to the tensor's largest; those that are zero in exact arithmetic within 1e-6 absolute. */
export function expectGradients(
  results: Readonly<Record<string, Tensor>>,
  tensors: ReadonlyMap<string, FixtureTensor>,
  tolerance: number,
  isNoise: (name: string) => boolean = () => false,
  noisePart: (name: string) => [number, number] | undefined = () => undefined,
) {
  const recorded = withPrefix(tensors, "grad.");
  expect(recorded.size).toBeGreaterThan(0);
  for (const [name, tensor] of recorded) {
    const mine = results[`gradient/${name}`]!.data as Float32Array;
    const theirs = (tensor as Tensor<"float32">).data;
    const hole = noisePart(name);
    const keep = (data: Float32Array) => (hole ? data.filter((_, i) => i < hole[0] || i >= hole[1]) : data);
    const limit = isNoise(name) ? 1e-6 : Math.max(tolerance * maxAbs(keep(theirs)), 1e-9);
    expect(maxDifference(keep(mine), keep(theirs)), `gradient of ${name}`).toBeLessThanOrEqual(limit);
    if (hole)
      expect(maxDifference(mine.slice(...hole), theirs.slice(...hole)), name).toBeLessThanOrEqual(1e-6);
  }
}

/** The key third of a fused bias: softmax does not depend on it. */
export function keyThird(name: string, dim: number): [number, number] | undefined {
  return name.endsWith("attn.qkv.bias") ? [dim, 2 * dim] : undefined;
}
