import type { StoredTensor, Tensor } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { loraConfig, type ModelConfig } from "../model/config.ts";
import { initialWeights } from "../model/initialise.ts";
import { parametersOf } from "../model/lorat.ts";
import { createRandom } from "../random.ts";
import { noiseBatch, tinyConfig, tinyVariant } from "../testing/training-batch.ts";
import { type EngineOptions, TrainingEngine } from "./engine.ts";
import type { TrainingSettings } from "./settings.ts";

const settings: TrainingSettings = {
  model: loraConfig(tinyVariant, { rank: 4 }),
  batchSize: 2,
  steps: 10,
  optimizer: {
    learningRate: 1e-3,
    warmupSteps: 2,
    warmupLearningRate: 1e-5,
    minLearningRate: 1e-6,
    weightDecay: 0.1,
    maxGradNorm: 1,
  },
  seed: 3,
};

function weightsOf(model: ModelConfig): Map<string, StoredTensor> {
  return initialWeights(parametersOf(model, { training: true }), createRandom(1));
}

async function engineOf(own: TrainingSettings, options: Partial<EngineOptions> = {}) {
  return TrainingEngine.create(own, { weights: weightsOf(own.model), device: "cpu", threads: 1, ...options });
}

const batch = (seed: number) => noiseBatch(tinyVariant, settings.batchSize, seed);

/** Losses of steps `from` to `to`, each with batches of its own. */
async function run(engine: TrainingEngine, from: number, to: number, passes = 1): Promise<number[]> {
  const losses: number[] = [];
  for (let step = from; step < to; step++) {
    const batches = Array.from({ length: passes }, (_, pass) => batch(step * passes + pass));
    losses.push((await engine.step(...batches)).loss);
  }
  return losses;
}

/** Arrays that no longer change. */
async function snapshot(engine: TrainingEngine) {
  const { progress, tensors } = await engine.state();
  return {
    progress,
    tensors: new Map([...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }])),
  };
}

describe("TrainingEngine", () => {
  it("trains adapters, types and head, and leaves the rest as it was", async () => {
    const weights = weightsOf(settings.model);
    const before = new Map(
      [...weights].map(([name, tensor]) => [name, (tensor as Tensor<"float32">).data.slice()]),
    );
    const engine = await engineOf(settings, { weights });
    await run(engine, 0, 3);
    const after = await engine.weights();
    for (const [name, data] of before) {
      const changed = (after.get(name) as Tensor<"float32">).data.some((value, i) => value !== data[i]);
      expect(changed, name).toBe(/\.lora\.[AB]$|^head\.|^token_type_embed$/.test(name));
    }
    await engine.dispose();
  });

  it("learns a batch", async () => {
    const optimizer = { ...settings.optimizer, learningRate: 5e-3 };
    const engine = await engineOf({ ...settings, steps: 60, optimizer });
    const first = (await engine.step(batch(1))).loss;
    let last = first;
    for (let i = 0; i < 40; i++) last = (await engine.step(batch(1))).loss;
    expect(last).toBeLessThan(first * 0.8);
    await engine.dispose();
  });

  it("makes of the same batch in several passes the update of one", async () => {
    const once = await engineOf(settings);
    const thrice = await engineOf({ ...settings, accumulation: 4 });
    const one = await once.step(batch(1));
    const four = await thrice.step(batch(1), batch(1), batch(1), batch(1));
    expect(Math.abs(four.gradNorm / one.gradNorm - 1)).toBeLessThan(1e-6);
    expect(Math.abs(four.loss / one.loss - 1)).toBeLessThan(1e-6);
    const [a, b] = [await once.weights(), await thrice.weights()];
    for (const { name } of once.trainable) {
      const other = (b.get(name) as Tensor<"float32">).data;
      const worst = (a.get(name) as Tensor<"float32">).data.reduce(
        (max, v, i) => Math.max(max, Math.abs(v - other[i]!)),
        0,
      );
      expect(worst, name).toBeLessThan(1e-6);
    }
    await Promise.all([once.dispose(), thrice.dispose()]);
  });

  it.each([
    [
      "LoRA, two passes, classic drop path",
      {
        ...settings,
        accumulation: 2,
        model: { ...settings.model, variant: { ...tinyVariant, dropPath: 0.1 } },
      },
    ],
    [
      "full fine-tuning, batch-subset drop path, average",
      {
        ...settings,
        averageDecay: 0.9,
        model: { ...tinyConfig, variant: { ...tinyVariant, dropPath: 0.4 } },
      },
    ],
    [
      "adapters",
      { ...settings, model: { ...tinyConfig, adaptation: { kind: "adapter", reduction: 4 } } as ModelConfig },
    ],
    ["IA3", { ...settings, model: { ...tinyConfig, adaptation: { kind: "ia3" } } as ModelConfig }],
    [
      "deep prompts",
      { ...settings, model: { ...tinyConfig, adaptation: { kind: "vpt", prompts: 3 } } as ModelConfig },
    ],
    [
      "convolutional head",
      { ...settings, model: { ...settings.model, head: { kind: "conv", channels: 16 } } as ModelConfig },
    ],
  ] as const)("goes on from its state bit for bit: %s", async (_, own: TrainingSettings) => {
    const passes = own.accumulation ?? 1;
    const whole = await engineOf(own);
    const losses = await run(whole, 0, 4, passes);
    const first = await engineOf(own);
    const start = await run(first, 0, 2, passes);
    const resume = await snapshot(first);
    await first.dispose();
    const second = await engineOf(own, { resume });
    expect([...start, ...(await run(second, 2, 4, passes))]).toEqual(losses);
    expect(await snapshot(second)).toEqual(await snapshot(whole));
    await Promise.all([whole.dispose(), second.dispose()]);
  });

  it("draws drop path anew in every pass", async () => {
    const model = { ...tinyConfig, variant: { ...tinyVariant, dropPath: 0.4 } };
    const still = {
      ...settings.optimizer,
      learningRate: 1e-30,
      warmupLearningRate: 0,
      minLearningRate: 0,
      weightDecay: 0,
    };
    const engine = await engineOf({ ...settings, model, accumulation: 2, optimizer: still });
    const losses = [await engine.accumulate(batch(1)), await engine.accumulate(batch(1))].map(
      ({ loss }) => loss,
    );
    await engine.update();
    losses.push((await engine.accumulate(batch(1))).loss);
    expect(new Set(losses).size).toBe(3);
    await engine.dispose();
  });

  it("keeps running statistics of batch normalisation", async () => {
    const model: ModelConfig = { ...settings.model, head: { kind: "conv", channels: 16 } };
    const engine = await engineOf({ ...settings, model });
    await engine.step(batch(1));
    const weights = await engine.weights();
    const names = [...weights.keys()].filter((name) => /running_(mean|var)$/.test(name));
    expect(names.length).toBe(16);
    for (const name of names) {
      const start = name.endsWith("var") ? 1 : 0;
      expect(
        (weights.get(name) as Tensor<"float32">).data.some((value) => value !== start),
        name,
      ).toBe(true);
    }
    await engine.dispose();
  });

  it("skips an update whose loss is not finite, and leaves everything as it was", async () => {
    const engine = await engineOf({ ...settings, averageDecay: 0.9 });
    await engine.step(batch(1));
    const before = await snapshot(engine);
    const broken = batch(2);
    broken.search[5] = Number.NaN;
    const result = await engine.step(broken);
    expect(result).toMatchObject({ skipped: "loss", step: 2 });
    const after = await snapshot(engine);
    expect(after.tensors).toEqual(before.tensors);
    expect(after.progress).toEqual({ step: 2, updates: 1, nonFinite: 1 });
    expect(await engine.step(batch(3))).toMatchObject({ step: 3 });
    expect(engine.progress).toEqual({ step: 3, updates: 2, nonFinite: 0 });
    await engine.dispose();
  });

  it("computes in single precision on the CPU when mixed precision is asked for, as the reference does", async () => {
    const engine = await engineOf({ ...settings, precision: "mixed" });
    expect(engine.precision).toBe("fp32");
    await engine.dispose();
  });

  it("scales the loss in mixed precision, and skips an update whose gradients overflow", async () => {
    const mixed = { ...settings, precision: "mixed" } as const;
    const [exact, rounded] = [await engineOf(settings), await engineOf(mixed, { half: true })];
    expect(rounded.precision).toBe("mixed");
    const [a, b] = [await exact.step(batch(1)), await rounded.step(batch(1))];
    expect(b.lossScale).toBe(65536);
    expect(Math.abs(b.gradNorm / a.gradNorm - 1)).toBeLessThan(0.01);
    expect(Math.abs(b.loss / a.loss - 1)).toBeLessThan(2e-3);
    expect(rounded.progress).toEqual({
      step: 1,
      updates: 1,
      nonFinite: 0,
      lossScale: { scale: 65536, goodSteps: 1 },
    });

    const { tensors } = await snapshot(rounded);
    const progress = { step: 1, updates: 1, nonFinite: 0, lossScale: { scale: 2 ** 40, goodSteps: 5 } };
    const high = await engineOf(mixed, { half: true, resume: { progress, tensors } });
    const before = await snapshot(high);
    expect(await high.step(batch(2))).toMatchObject({ skipped: "gradients", lossScale: 2 ** 40 });
    expect(high.progress).toEqual({
      step: 2,
      updates: 1,
      nonFinite: 0,
      lossScale: { scale: 2 ** 39, goodSteps: 0 },
    });
    expect((await snapshot(high)).tensors).toEqual(before.tensors);
    await Promise.all([exact.dispose(), rounded.dispose(), high.dispose()]);
  });

  it("refuses an update without a pass, and a network without all of its weights", async () => {
    const engine = await engineOf(settings);
    await expect(engine.update()).rejects.toMatchObject({ code: "TRAINING_NO_PASS" });
    await engine.dispose();
    const weights = weightsOf(settings.model);
    weights.delete("blocks.1.norm2.bias");
    await expect(engineOf(settings, { weights })).rejects.toMatchObject({ code: "WEIGHTS_NAMES" });
  });
});
