import type { StoredTensor } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { loraConfig, type ModelConfig, mergedConfig } from "../model/config.ts";
import { initialWeights } from "../model/initialise.ts";
import { parametersOf } from "../model/lorat.ts";
import { createRandom } from "../random.ts";
import { noiseBatch, tinyVariant } from "../testing/training-batch.ts";
import type { TrainingBatch } from "./batch.ts";
import { TrainingEngine } from "./engine.ts";
import type { Exchange } from "./exchange.ts";
import type { TrainingSettings } from "./settings.ts";

const size = 4;
const settings = (model: ModelConfig, own: Partial<TrainingSettings> = {}): TrainingSettings => ({
  ...{ model, batchSize: size, steps: 10, seed: 3, accumulation: 2 },
  optimizer: {
    ...{ learningRate: 1e-3, warmupSteps: 2, warmupLearningRate: 1e-5, minLearningRate: 1e-6 },
    ...{ weightDecay: 0.1, maxGradNorm: 1 },
  },
  ...own,
});

/** Ranks within this process: a sum is there when all of them have asked for it. */
function exchanges(ranks: number): Exchange[] {
  let waiting: { values: Float32Array | Float64Array; done: () => void }[] = [];
  const sum = (values: Float32Array | Float64Array) =>
    new Promise<void>((done) => {
      waiting.push({ values, done });
      if (waiting.length < ranks) return;
      const all = waiting;
      waiting = [];
      const total = all[0]!.values.map((_, i) => all.reduce((sum, one) => sum + one.values[i]!, 0));
      for (const one of all) {
        one.values.set(total);
        one.done();
      }
    });
  return Array.from({ length: ranks }, (_, rank) => ({ rank, ranks, sum, sumGradients: sum }));
}

function partOf(batch: TrainingBatch, rank: number, ranks: number): TrainingBatch {
  const part = (data: Float32Array) => {
    const length = data.length / ranks;
    return data.slice(rank * length, (rank + 1) * length);
  };
  const positives = part(batch.positives);
  return {
    size: batch.size / ranks,
    template: part(batch.template),
    search: part(batch.search),
    templateMask: part(batch.templateMask),
    positives,
    boxes: part(batch.boxes),
    positiveCount: Math.max(
      positives.reduce((a, b) => a + b, 0),
      1,
    ),
  };
}

function weightsOf(model: ModelConfig): Map<string, StoredTensor> {
  return initialWeights(parametersOf(model, { training: true }), createRandom(1));
}

/** A batch whose first half shows no target at all. */
const uneven = (seed: number): TrainingBatch => {
  const batch = noiseBatch(tinyVariant, size, seed);
  const positives = batch.positives.slice().fill(0, 0, batch.positives.length / 2);
  const positiveCount = positives.reduce((a, b) => a + b, 0);
  return { ...batch, positives, positiveCount };
};

/** Three updates; the parameters after them, and the last loss. */
async function trained(own: TrainingSettings, exchange?: Exchange) {
  const engine = await TrainingEngine.create(own, {
    weights: weightsOf(own.model),
    ...{ device: "cpu", threads: 1, exchange },
  });
  const { rank = 0, ranks = 1 } = exchange ?? {};
  let loss = Number.NaN;
  for (let step = 0; step < 3; step++) {
    const batches = [uneven(2 * step), noiseBatch(tinyVariant, size, 2 * step + 1)];
    ({ loss } = await engine.step(...batches.map((batch) => partOf(batch, rank, ranks))));
  }
  const { tensors } = await engine.state();
  const values = engine.trainable.flatMap(({ name }) => [...tensors.get(name)!.data]);
  await engine.dispose();
  return { loss, values };
}

describe("ranks that train together", () => {
  it.each([
    ["LoRA, drop path of a subset", loraConfig({ ...tinyVariant, dropPath: 0.4 }, { rank: 4 })],
    ["everything, drop path for each sample", mergedConfig({ ...tinyVariant, dropPath: 0.1 })],
  ])("give the parameters of one: %s", async (_, model) => {
    const one = await trained(settings(model));
    for (const ranks of [2, 4]) {
      const all = await Promise.all(exchanges(ranks).map((exchange) => trained(settings(model), exchange)));
      for (const { loss, values } of all) {
        expect(loss).toBeCloseTo(one.loss, 5);
        expect(values).toEqual(all[0]!.values);
        expect(Math.max(...values.map((value, i) => Math.abs(value - one.values[i]!)))).toBeLessThan(1e-5);
      }
    }
  });

  it("are refused where they do not divide the batch", async () => {
    const [exchange] = exchanges(3);
    const refused = trained(settings(mergedConfig(tinyVariant)), exchange);
    await expect(refused).rejects.toMatchObject({ code: "RANKS_BATCH" });
    const many = trained(settings(mergedConfig(tinyVariant)), exchanges(8)[0]);
    await expect(many).rejects.toMatchObject({ hint: expect.stringContaining("at most 4 ranks") });
  });
});
