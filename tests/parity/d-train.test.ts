import { type Feeds, float32, Graph, Session, type StoredTensor, type Tensor } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import type { ModelConfig } from "../../packages/core/src/model/config.ts";
import { lorat, networkInputs } from "../../packages/core/src/model/lorat.ts";
import { trainingStep } from "../../packages/core/src/training/step.ts";
import { fixtureJson, fixtureTensors, maxDifference, toNumber } from "./fixtures.ts";
import {
  floats,
  forwardRecording,
  plainBackbone,
  type RecordedConfig,
  recordedLora,
  recordedTargets,
  withPrefix,
} from "./networks.ts";
import {
  expectGradients,
  expectParameters,
  expectRecords,
  keyThird,
  type RecordedGroup,
  type RecordedRun,
  train,
} from "./training.ts";

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
