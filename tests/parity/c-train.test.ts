import { Session, type Tensor } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { trainingStep } from "../../packages/core/src/training/step.ts";
import { fixtureJson, fixtureTensors, maxDifference } from "./fixtures.ts";
import { forwardRecording, type RecordedConfig, recordedLora, recordedTargets } from "./networks.ts";
import {
  expectGradients,
  expectParameters,
  expectRecords,
  type RecordedGroup,
  type RecordedRun,
  train,
} from "./training.ts";

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
