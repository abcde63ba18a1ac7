import { float32, Graph, Session, sizeOf, type Tensor, type Value } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { mergedConfig } from "../../model/config.ts";
import { initialWeights } from "../../model/initialise.ts";
import { parameterScope, parametersIn } from "../../model/parameters.ts";
import { convStem, stemBlock, stemBlocks, stemEntry } from "../../model/stem.ts";
import { variantNamed } from "../../model/variants.ts";
import { createRandom } from "../../random.ts";
import type { StemSettings } from "../settings.ts";
import { type StemBatch, StemEngine } from "./stem-engine.ts";
import { stemStages, stemTrainable } from "./stem-graph.ts";
import { stemMoments, unfoldedStem } from "./stem-unfolding.ts";
import { foldedStem, initialStem, TeacherTally } from "./stem-weights.ts";

const settings: StemSettings = {
  batchSize: 2,
  sidePx: 32,
  steps: 40,
  stepsAlone: 8,
  optimizer: {
    learningRate: 3e-3,
    warmupSteps: 2,
    warmupLearningRate: 1e-4,
    minLearningRate: 1e-4,
    weightDecay: 1e-4,
    maxGradNorm: 10,
  },
};
const shape = [settings.batchSize, 3, settings.sidePx, settings.sidePx];

/** Another stem of random weights: what it makes of noise at every stage. */
async function randomTeacher(seed: number) {
  const graph = new Graph();
  const at = parameterScope(graph, mergedConfig(variantNamed("nano"))).child("stem");
  const stages: Value[] = [stemEntry(graph.input("pixels", shape), at)];
  stemBlocks.forEach((plan, i) => {
    stages.push(stemBlock(stages.at(-1)!, at.child("blocks").child(i), plan));
  });
  const random = createRandom(seed);
  const weights = initialWeights(parametersIn(graph), random);
  const outputs = Object.fromEntries(stages.map((stage, i) => [`stage${i}`, stage]));
  const session = await Session.create(outputs, { device: "cpu", threads: 1, weights });
  return {
    async batch(): Promise<StemBatch> {
      const pixels = Float32Array.from({ length: sizeOf(shape) }, () => random.normal());
      const maps = await session.compute({ pixels: float32(pixels, shape) });
      return { pixels, teacher: stages.map((_, i) => maps[`stage${i}`] as Tensor<"float32">) };
    },
    dispose: () => session.dispose(),
  };
}

async function measured(batches: readonly StemBatch[]) {
  const tally = new TeacherTally();
  for (const { teacher } of batches) tally.add(teacher);
  return tally.statistics();
}

describe("a stem in training", () => {
  it("comes nearer to its teacher block by block and as a whole, and goes on from a state as if never stopped", async () => {
    const teacher = await randomTeacher(5);
    const batches: StemBatch[] = [];
    for (let i = 0; i < 12; i++) batches.push(await teacher.batch());
    await teacher.dispose();
    const statistics = await measured(batches);
    const start = () => initialStem(stemTrainable(settings), statistics, createRandom(1));
    const engine = await StemEngine.create(settings, {
      weights: start(),
      teacher: statistics,
      device: "cpu",
      threads: 1,
    });
    const losses: number[] = [];
    for (const batch of batches) losses.push((await engine.update(batch)).loss);
    expect(losses[7]!).toBeLessThan(0.9 * losses[0]!); // the eighth is the last one block by block
    expect(losses.every(Number.isFinite)).toBe(true);

    const { progress, tensors } = engine.state();
    const copied = new Map(
      [...tensors].map(([name, { data, shape: own }]) => [name, float32(data.slice(), own)]),
    );
    const resumed = await StemEngine.create(settings, {
      weights: new Map(),
      teacher: statistics,
      resume: { progress, tensors: copied },
      device: "cpu",
      threads: 1,
    });
    const [next, again] = [await engine.update(batches[3]!), await resumed.update(batches[3]!)];
    expect(again).toEqual(next);
    expect(next.way).toBe("whole");

    async function* held() {
      yield* batches;
    }
    const explained = await engine.explained(held());
    expect(explained).toBeLessThan(1);
    expect(Number.isFinite(explained)).toBe(true);
    await Promise.all([engine.dispose(), resumed.dispose()]);
  }, 60_000);
});

it("explains all of a teacher whose weights it has", async () => {
  // A stem with batch normalisations that change nothing is the folded stem itself: its own features are the teacher's.
  const teacher = await randomTeacher(9);
  const batches = [await teacher.batch(), await teacher.batch()];
  await teacher.dispose();
  const statistics = await measured(batches);
  const last = stemStages - 1;
  const trained = new Map<string, Tensor<"float32">>();
  const random = createRandom(9);
  const graph = new Graph();
  convStem(
    graph.input("pixels", shape),
    parameterScope(graph, mergedConfig(variantNamed("nano"))).child("stem"),
  );
  const weights = initialWeights(parametersIn(graph), random) as Map<string, Tensor<"float32">>;
  for (const [name, tensor] of weights) {
    const place = name.replace(/\.(weight|bias)$/, "");
    if (name.includes(".excite.")) trained.set(name, tensor);
    else if (name.endsWith(".weight")) {
      const channels = tensor.shape[0]!;
      const isLast = place === `stem.blocks.${stemBlocks.length - 1}.project`;
      const [scale, bias] = isLast
        ? [
            statistics.deviations[last]!.map((deviation) => 1 / deviation),
            statistics.means[last]!.map((mean, c) => -mean / statistics.deviations[last]![c]!),
          ]
        : [new Float32Array(channels).fill(1), new Float32Array(channels)];
      trained.set(name, tensor);
      trained.set(`${place}.norm.weight`, float32(scale, [channels]));
      trained.set(`${place}.norm.bias`, float32(bias, [channels]));
      trained.set(`${place}.norm.running_mean`, float32(new Float32Array(channels), [channels]));
      trained.set(
        `${place}.norm.running_var`,
        float32(new Float32Array(channels).fill(1 - 1e-3), [channels]),
      );
    }
  }
  const folded = foldedStem(trained);
  expect([...folded.keys()].sort()).toEqual([...weights.keys()].sort());
  const engine = await StemEngine.create(settings, {
    weights: new Map([...trained].filter(([name]) => !name.includes("running"))),
    teacher: statistics,
    resume: { progress: { step: 0, updates: 0, nonFinite: 0 }, tensors: trained },
    device: "cpu",
    threads: 1,
  });
  async function* all() {
    yield* batches;
  }
  expect(await engine.explained(all())).toBeGreaterThan(0.999);
  await engine.dispose();
});

it("is folded back to itself after its normalisations were put back", async () => {
  const random = createRandom(3);
  const graph = new Graph();
  convStem(
    graph.input("pixels", shape),
    parameterScope(graph, mergedConfig(variantNamed("nano"))).child("stem"),
  );
  const folded = initialWeights(parametersIn(graph), random) as Map<string, Tensor<"float32">>;
  for (const [name, { data }] of folded) {
    if (name.endsWith(".bias")) for (let i = 0; i < data.length; i++) data[i] = random.normal();
  }
  const session = await Session.create(stemMoments(settings), { device: "cpu", threads: 1, weights: folded });
  const pixels = Float32Array.from({ length: sizeOf(shape) }, () => random.normal());
  const moments = await session.compute({ pixels: float32(pixels, shape) });
  await session.dispose();
  const measuredMoments = Object.fromEntries(
    Object.entries(moments).map(([name, { data }]) => [name, data as Float32Array]),
  );
  const trained = unfoldedStem(folded, measuredMoments);
  expect([...trained.keys()].filter((name) => name.endsWith("running_var")).length).toBe(
    Object.keys(moments).length / 2,
  );
  for (const { name, shape: own } of stemTrainable(settings))
    expect(trained.get(name)?.shape, name).toEqual(own);
  const again = foldedStem(trained);
  expect([...again.keys()].sort()).toEqual([...folded.keys()].sort());
  for (const [name, { data }] of folded) {
    const furthest = data.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - again.get(name)!.data[i]!)),
      0,
    );
    expect(furthest, name).toBeLessThan(1e-4);
  }
});

it("names what is missing of a normalisation", () => {
  const weights = new Map([
    ["stem.first.weight", float32(new Float32Array(4), [4, 1])],
    ["stem.first.norm.weight", float32(new Float32Array(4), [4])],
  ]);
  expect(() => foldedStem(weights)).toThrow(expect.objectContaining({ code: "WEIGHTS_NAMES" }));
});
