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
import { describe, expect, it } from "vitest";
import type { ModelConfig } from "../../packages/core/src/model/config.ts";
import { adamWGraph, adamWScalars, optimizerNames as names } from "../../packages/core/src/training/adamw.ts";
import { trainingStep } from "../../packages/core/src/training/step.ts";
import {
  type FixtureTensor,
  fixtureJson,
  fixtureTensors,
  maxAbs,
  maxDifference,
  toNumber,
} from "./fixtures.ts";
import {
  floats,
  forwardRecording,
  plainBackbone,
  type RecordedConfig,
  recordedLora,
  recordedTargets,
  withPrefix,
} from "./networks.ts";

interface RecordedRun {
  max_grad_norm: number;
  records: {
    loss: number;
    bce: number;
    giou: number;
    grad_norm_before_clip: number;
    group_lrs_used: number[];
  }[];
}

interface RecordedGroup {
  weight_decay: number;
  params: string[];
}

interface Trajectory {
  readonly parameters: Map<string, Tensor<"float32">>;
  readonly norms: number[];
  readonly losses: number[][];
  readonly afterStep: Map<number, Map<string, Tensor<"float32">>>;
}

/** Runs the step and optimiser graphs as long as the recording did, with its learning rates. */
async function train(
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
  const optimizer = await Session.create(
    adamWGraph(new Graph(), shapes, optimizerGroups, { maxGradNorm: run.max_grad_norm }),
    { device: "cpu" },
  );
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
    const updated = await optimizer.compute({
      ...out,
      ...moments,
      ...Object.fromEntries(parameters),
      [names.stepSizes]: float32(scalars.stepSizes, [groups.length]),
      [names.decays]: float32(scalars.decays, [groups.length]),
      [names.correction]: scalar(scalars.correction),
    });
    result.norms.push(Number(updated[names.gradNorm]!.data[0]));
    for (const name of fed) {
      parameters.set(name, updated[names.updated(name)] as Tensor<"float32">);
      moments[names.mean(name)] = updated[`updated/${names.mean(name)}`]!;
      moments[names.variance(name)] = updated[`updated/${names.variance(name)}`]!;
    }
    result.afterStep.set(i + 1, new Map(parameters));
  }
  await Promise.all([session.dispose(), optimizer.dispose()]);
  return result;
}

function expectRecords(trajectory: Trajectory, run: RecordedRun, tolerance: number) {
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

function expectParameters(
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
function expectGradients(
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
function keyThird(name: string, dim: number): [number, number] | undefined {
  return name.endsWith("attn.qkv.bias") ? [dim, 2 * dim] : undefined;
}

describe.each(["gelu", "swiglu"])("LoRA training as the reference ran it, %s", (kind) => {
  const recording = forwardRecording(kind);
  const tensors = fixtureTensors(`c_train_${kind}`);
  const json = fixtureJson<{
    config: RecordedConfig;
    loss: number;
    loss_bce: number;
    loss_giou: number;
    param_groups: RecordedGroup[];
    constlr_steps: RecordedRun;
    sched_steps: RecordedRun;
    clip01_steps: RecordedRun;
  }>(`c_train_${kind}`);
  const model = recordedLora(json.config);
  const inputs = { ...recording.feeds, ...recordedTargets(tensors, json.config) };

  it("gives the recorded loss terms, targets and gradients", async () => {
    const step = trainingStep(model, json.config.batch);
    const fed = new Set(step.trainable.map(({ name }) => name));
    const { losses } = step;
    const outputs = {
      ...step.outputs,
      target: losses.targetScores,
      bce: losses.crossEntropy,
      iou: losses.iou,
      giou: losses.giou,
    };
    const session = await Session.create(outputs, { device: "cpu", weights: recording.weights, fed });
    const parameters = Object.fromEntries(
      [...fed].map((name) => [name, recording.weights.get(name) as Tensor]),
    );
    const out = await session.compute({ ...inputs, ...parameters });
    await session.dispose();
    expect(Math.abs(Number(out.loss!.data[0]) / json.loss - 1)).toBeLessThanOrEqual(1e-5);
    expect(Math.abs(Number(out.loss_bce!.data[0]) / json.loss_bce - 1)).toBeLessThanOrEqual(1e-5);
    expect(Math.abs(Number(out.loss_giou!.data[0]) / json.loss_giou - 1)).toBeLessThanOrEqual(1e-5);
    const recorded = (name: string) => tensors.get(`expected.${name}`)!.data as Float32Array;
    expect(maxDifference(out.score_map!.data as Float32Array, recorded("score_map"))).toBeLessThanOrEqual(
      1e-5,
    );
    expect(maxDifference(out.boxes!.data as Float32Array, recorded("boxes"))).toBeLessThanOrEqual(1e-5);
    expect(maxDifference(out.target!.data as Float32Array, recorded("target_score_map"))).toBeLessThanOrEqual(
      1e-5,
    );
    expect(maxDifference(out.bce!.data as Float32Array, recorded("bce_elementwise"))).toBeLessThanOrEqual(
      1e-5,
    );
    const cells = json.config.search_grid ** 2;
    const samples = Array.from(tensors.get("target.positive_batch_index")!.data, Number);
    const index = Array.from(tensors.get("target.positive_cell_index")!.data, Number);
    const atPositives = (name: string) =>
      samples.map((s, i) => Number(out[name]!.data[s * cells + index[i]!]));
    expect(maxDifference(atPositives("iou"), recorded("positive_iou"))).toBeLessThanOrEqual(1e-5);
    expect(maxDifference(atPositives("giou"), recorded("positive_giou"))).toBeLessThanOrEqual(1e-5);
    expectGradients(out, tensors, 2e-5);
  });

  it("takes the recorded AdamW steps at a constant rate", async () => {
    const run = json.constlr_steps;
    const got = await train(model, json.config.batch, recording.weights, inputs, json.param_groups, run);
    expectRecords(got, run, 1e-5);
    expectParameters(got.afterStep.get(1)!, tensors, "constlr.step1.", 2e-6);
    expectParameters(got.afterStep.get(3)!, tensors, "constlr.step3.", 2e-6);
  });

  it("takes the recorded scheduled steps", async () => {
    const run = json.sched_steps;
    const got = await train(model, json.config.batch, recording.weights, inputs, json.param_groups, run);
    expectParameters(
      got.afterStep.get(run.records.length)!,
      tensors,
      `sched.step${run.records.length}.`,
      2e-4,
    );
    expectRecords(got, run, 1e-4);
  });

  it("clips tighter as recorded", async () => {
    const run = json.clip01_steps;
    const got = await train(model, json.config.batch, recording.weights, inputs, json.param_groups, run);
    expectRecords(got, run, 1e-5);
  });
});

describe.each(["gelu", "swiglu"])("full fine-tuning as the reference ran it, %s", (kind) => {
  const recording = forwardRecording(kind);
  const tensors = fixtureTensors(`d_full_finetune_${kind}`);
  const json = fixtureJson<{
    config: RecordedConfig;
    loss: number;
    param_groups: RecordedGroup[];
    max_grad_norm: number;
    records: RecordedRun["records"];
  }>(`d_full_finetune_${kind}`);
  const model: ModelConfig = { ...recordedLora(json.config), adaptation: { kind: "none" } };
  const weights = new Map([...plainBackbone(recording.weights), ...withPrefix(tensors, "weights.")]);
  const inputs = { ...recording.feeds, ...recordedTargets(tensors, json.config) };
  const { dim } = json.config;

  it("gives the recorded outputs and the gradient of every parameter", async () => {
    const step = trainingStep(model, json.config.batch);
    const fed = new Set(step.trainable.map(({ name }) => name));
    expect([...fed].sort()).toEqual([...withPrefix(tensors, "grad.").keys()].sort());
    const session = await Session.create(step.outputs, { device: "cpu", weights, fed });
    const parameters = Object.fromEntries([...fed].map((name) => [name, weights.get(name) as Tensor]));
    const out = await session.compute({ ...inputs, ...parameters });
    await session.dispose();
    expect(Math.abs(Number(out.loss!.data[0]) / json.loss - 1)).toBeLessThanOrEqual(1e-5);
    for (const [key, name] of [
      ["score_map", "score_map"],
      ["boxes", "boxes"],
    ] as const) {
      const recorded = floats(tensors.get(`expected.${name}`)!).data;
      expect(maxDifference(out[key]!.data as Float32Array, recorded)).toBeLessThanOrEqual(1e-5);
    }
    expectGradients(
      out,
      tensors,
      5e-5,
      () => false,
      (name) => keyThird(name, dim),
    );
  });

  it("takes the recorded steps with layer-wise rates", async () => {
    const run = { max_grad_norm: toNumber(json.max_grad_norm), records: json.records };
    const got = await train(model, json.config.batch, weights, inputs, json.param_groups, run);
    expectRecords(got, run, 1e-5);
    const last = `constlr.step${json.records.length}.`;
    if (withPrefix(tensors, last).size > 0) {
      expectParameters(got.parameters, tensors, last, 2e-6, (name) => keyThird(name, dim));
    }
  });
});

describe.each([
  ["d_conv_head", "conv"],
  ["d_ostrack_head", "centre"],
] as const)("convolutional head as the reference ran it, %s", (fixture, headKind) => {
  const recording = forwardRecording("gelu");
  const tensors = fixtureTensors(fixture);
  const json = fixtureJson<{
    config: RecordedConfig;
    head_channels: number;
    iou_aware: boolean;
    loss: number;
    loss_bce: number;
    loss_giou: number;
    trainable: string[];
    bn: { momentum: number };
  }>(fixture);
  const model: ModelConfig = {
    ...recordedLora(json.config),
    head: { kind: headKind, channels: json.head_channels },
  };
  const weights = new Map([...recording.weights, ...withPrefix(tensors, "weights.")]);
  const isNoise = (name: string) => /^head\..*conv[1-4].*\.0\.bias$/.test(name);

  it("gives the recorded outputs, losses, gradients and running statistics", async () => {
    const step = trainingStep(model, json.config.batch, { iouAware: json.iou_aware });
    const fed = new Set(step.trainable.map(({ name }) => name));
    expect([...fed].sort()).toEqual([...json.trainable].sort());
    const session = await Session.create(step.outputs, { device: "cpu", weights, fed });
    const parameters = Object.fromEntries([...fed].map((name) => [name, weights.get(name) as Tensor]));
    const out = await session.compute({
      ...recording.feeds,
      ...recordedTargets(tensors, json.config),
      ...parameters,
    });
    await session.dispose();
    const recorded = (name: string) => tensors.get(`expected.${name}`)!.data as Float32Array;
    expect(
      maxDifference(out.score_map!.data as Float32Array, recorded("train.score_map")),
    ).toBeLessThanOrEqual(2e-5);
    expect(maxDifference(out.boxes!.data as Float32Array, recorded("train.boxes"))).toBeLessThanOrEqual(2e-5);
    expect(Math.abs(Number(out.loss!.data[0]) / json.loss - 1)).toBeLessThanOrEqual(1e-5);
    expect(Math.abs(Number(out.loss_bce!.data[0]) / json.loss_bce - 1)).toBeLessThanOrEqual(1e-5);
    expect(Math.abs(Number(out.loss_giou!.data[0]) / json.loss_giou - 1)).toBeLessThanOrEqual(1e-5);
    expectGradients(out, tensors, 1e-4, isNoise);

    const after = new Map(weights);
    for (const [name, tensor] of withPrefix(tensors, "running_stats_after_one_train_forward.")) {
      const path = name.replace(/\.running_(mean|var)$/, (_, part: string) => `.${part}`);
      const fresh = out[`statistics/${path}`]!.data as Float32Array;
      const before = (weights.get(name) as Tensor<"float32">).data;
      const { momentum } = json.bn;
      const mixed = before.map((value, i) => (1 - momentum) * value + momentum * fresh[i]!);
      expect(maxDifference(mixed, (tensor as Tensor<"float32">).data), name).toBeLessThanOrEqual(2e-5);
      after.set(name, float32(mixed, tensor.shape));
    }
    await expectEvaluation(model, json.config.batch, weights, recording.feeds, recorded, "eval_before");
    await expectEvaluation(
      model,
      json.config.batch,
      after,
      recording.feeds,
      recorded,
      "eval_after_one_train_forward",
    );
  });
});

async function expectEvaluation(
  model: ModelConfig,
  batch: number,
  weights: ReadonlyMap<string, StoredTensor>,
  feeds: Feeds,
  recorded: (name: string) => Float32Array,
  stage: string,
) {
  const { lorat, networkInputs } = await import("../../packages/core/src/model/lorat.ts");
  const { scoreMap, boxes } = lorat(networkInputs(new Graph(), model, batch), model);
  const session = await Session.create({ scoreMap, boxes }, { device: "cpu", weights });
  const out = await session.compute(feeds);
  await session.dispose();
  expect(
    maxDifference(out.scoreMap!.data as Float32Array, recorded(`${stage}.score_map`)),
    stage,
  ).toBeLessThanOrEqual(2e-5);
  expect(
    maxDifference(out.boxes!.data as Float32Array, recorded(`${stage}.boxes`)),
    stage,
  ).toBeLessThanOrEqual(2e-5);
}

describe("separate position tables with LoRA as the reference ran it", () => {
  const recording = forwardRecording("gelu");
  const tensors = fixtureTensors("d_sep_pos_lora");
  const json = fixtureJson<{ config: RecordedConfig; loss: number }>("d_sep_pos_lora");
  const model: ModelConfig = { ...recordedLora(json.config), embedding: "separate" };
  const weights = new Map([...recording.weights, ...withPrefix(tensors, "weights.")]);

  it("gives the recorded outputs, loss and gradients, those of both tables included", async () => {
    const step = trainingStep(model, json.config.batch);
    const fed = new Set(step.trainable.map(({ name }) => name));
    const session = await Session.create(step.outputs, { device: "cpu", weights, fed });
    const parameters = Object.fromEntries([...fed].map((name) => [name, weights.get(name) as Tensor]));
    const out = await session.compute({
      ...recording.feeds,
      ...recordedTargets(tensors, json.config),
      ...parameters,
    });
    await session.dispose();
    for (const key of ["score_map", "boxes"]) {
      const recorded = floats(tensors.get(`expected.${key}`)!).data;
      expect(maxDifference(out[key]!.data as Float32Array, recorded), key).toBeLessThanOrEqual(1e-5);
    }
    expect(Math.abs(Number(out.loss!.data[0]) / json.loss - 1)).toBeLessThanOrEqual(1e-5);
    expect([...fed]).toEqual(expect.arrayContaining(["z_pos_embed", "x_pos_embed"]));
    expectGradients(out, tensors, 2e-5);
  });
});
