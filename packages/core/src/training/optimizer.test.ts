import { float32, Graph, type Tensor } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { optimizerNames as names } from "../graph-names.ts";
import { parameterScope, parametersIn } from "../model/parameters.ts";
import { tinyConfig } from "../testing/training-batch.ts";
import { Optimizer } from "./optimizer.ts";
import type { TrainingSettings } from "./settings.ts";

const settings: TrainingSettings = {
  model: tinyConfig,
  batchSize: 1,
  steps: 10,
  optimizer: {
    learningRate: 0.5,
    warmupSteps: 0,
    warmupLearningRate: 0.5,
    minLearningRate: 0.5,
    weightDecay: 0,
    maxGradNorm: 1e9,
  },
  seed: 1,
};

describe("Optimizer", () => {
  it("updates every parameter once, also where they are too many for one run", async () => {
    const graph = new Graph();
    const shapes = { small: [7], large: [1200, 2000], larger: [2600, 2000], last: [3, 3] };
    const at = parameterScope(graph, tinyConfig);
    for (const [name, shape] of Object.entries(shapes)) at.parameter(name, shape, { kind: "matrix" });
    const trainable = parametersIn(graph);
    const filled = (shape: readonly number[], value: number): Tensor<"float32"> => {
      const size = shape.reduce((a, b) => a * b, 1);
      return float32(new Float32Array(size).fill(value), shape);
    };
    const state = new Map(trainable.map(({ name, shape }) => [name, filled(shape, 2)]));
    const optimizer = await Optimizer.create(settings, trainable, state, "cpu");
    const gradients = Object.fromEntries(
      trainable.map(({ name, shape }) => [names.gradient(name), filled(shape, 0.25)]),
    );
    const norm = await optimizer.gradientNorm(gradients);
    await optimizer.update(gradients, norm, { step: 0, updates: 0, gradientScale: 1 });
    // AdamW's first step is as long as its rate, whatever the gradient.
    for (const { name } of trainable) {
      const { data } = optimizer.state.get(name) as Tensor;
      expect(
        (data as Float32Array).every((value) => Math.abs(value - 1.5) < 1e-6),
        name,
      ).toBe(true);
    }
    await optimizer.dispose();
  });
});
