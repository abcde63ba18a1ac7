import type { StoredTensor, Tensor } from "@lorat/graph";
import { describe, it } from "vitest";
import type { ModelConfig } from "../../packages/core/src/model/config.ts";
import type { TrainingBatch } from "../../packages/core/src/training/batch.ts";
import { TrainingEngine } from "../../packages/core/src/training/engine.ts";
import type { TrainingSettings } from "../../packages/core/src/training/settings.ts";
import { fixtureJson, fixtureTensors, toNumber } from "./fixtures.ts";
import {
  forwardRecording,
  type RecordedConfig,
  type Recording,
  recordedLora,
  recordedTargets,
  withPrefix,
} from "./networks.ts";
import { expectParameters, expectRecords, type RecordedRun, type Trajectory } from "./training.ts";

/** The recorded inputs as the loader would hand them over. */
function recordedBatch(recording: Recording, targets: Readonly<Record<string, Tensor>>): TrainingBatch {
  const data = (tensor: Tensor | undefined) => tensor!.data as Float32Array;
  return {
    size: recording.config.batch,
    template: data(recording.feeds.template),
    search: data(recording.feeds.search),
    templateMask: data(recording.feeds.template_mask),
    positives: data(targets.positives),
    boxes: data(targets.target_boxes),
    positiveCount: Number(targets.positive_count!.data[0]),
  };
}

/** Takes as many steps on the recorded batch as the recording did, at a constant rate, with the trainer's own engine. */
async function trajectory(
  model: ModelConfig,
  recording: Recording,
  weights: ReadonlyMap<string, StoredTensor>,
  targets: Readonly<Record<string, Tensor>>,
  run: RecordedRun,
): Promise<Trajectory> {
  const rate = Math.max(...run.records[0]!.group_lrs_used.map(toNumber));
  const settings: TrainingSettings = {
    model,
    batchSize: recording.config.batch,
    steps: run.records.length,
    optimizer: {
      learningRate: rate,
      warmupSteps: 0,
      warmupLearningRate: 0,
      minLearningRate: rate,
      weightDecay: 0.1,
      maxGradNorm: run.max_grad_norm,
    },
    seed: 1,
  };
  const own = new Map(
    [...weights].map(([name, tensor]) => {
      const { data, shape } = tensor as Tensor<"float32">;
      return [name, { dtype: "float32" as const, shape, data: data.slice() }];
    }),
  );
  const engine = await TrainingEngine.create(settings, { weights: own, device: "cpu" });
  const batch = recordedBatch(recording, targets);
  const result: Trajectory = { parameters: new Map(), norms: [], losses: [], afterStep: new Map() };
  for (let i = 1; i <= run.records.length; i++) {
    const { loss, bce, giou, gradNorm } = await engine.step(batch);
    result.losses.push([loss, bce, giou]);
    result.norms.push(gradNorm);
    const now = await engine.weights();
    result.afterStep.set(
      i,
      new Map(
        engine.trainable.map(({ name }) => {
          const { data, shape } = now.get(name) as Tensor<"float32">;
          return [name, { dtype: "float32" as const, shape, data: data.slice() }];
        }),
      ),
    );
  }
  await engine.dispose();
  return result;
}

describe.each(["gelu", "swiglu"])("the trainer's engine against the reference's steps, %s", (kind) => {
  const recording = forwardRecording(kind);

  it("takes the recorded LoRA steps at a constant rate, clipped at 1", async () => {
    const tensors = fixtureTensors(`c_train_${kind}`);
    const json = fixtureJson<{
      config: RecordedConfig;
      constlr_steps: RecordedRun;
      clip01_steps: RecordedRun;
    }>(`c_train_${kind}`);
    const model = recordedLora(json.config);
    const targets = recordedTargets(tensors, json.config) as Record<string, Tensor>;
    const run = json.constlr_steps;
    const got = await trajectory(model, recording, recording.weights, targets, run);
    expectRecords(got, run, 1e-5);
    for (const step of [1, run.records.length]) {
      if (withPrefix(tensors, `constlr.step${step}.`).size > 0) {
        expectParameters(got.afterStep.get(step)!, tensors, `constlr.step${step}.`, 2e-6);
      }
    }
    const tight = json.clip01_steps;
    expectRecords(await trajectory(model, recording, recording.weights, targets, tight), tight, 1e-5);
  });
});
