import { type Node, reachableNodes, Session, sizeOf, type Tensor, type Value } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { targetNames } from "../graph-names.ts";
import { loraConfig, type ModelConfig, mergedConfig } from "../model/config.ts";
import { initialWeights } from "../model/initialise.ts";
import { parametersIn } from "../model/parameters.ts";
import type { Variant } from "../model/variants.ts";
import { createRandom } from "../random.ts";
import { noiseBatch, tinyVariant } from "../testing/training-batch.ts";
import { batchFeeds } from "./batch.ts";
import { dropPathChoices } from "./drop-path-choices.ts";
import type { Recompute } from "./recompute.ts";
import { trainingStep } from "./step.ts";

const batchSize = 4;
const deeper: Variant = { ...tinyVariant, depth: 3 };
const models: Record<string, ModelConfig> = {
  LoRA: loraConfig(deeper, { rank: 4 }),
  "LoRA on SwiGLU, a sample's branches dropped": loraConfig(
    { ...deeper, ffn: "swiglu", dropPath: 0.1 },
    { rank: 4 },
  ),
  "full fine-tuning, branches of a subset of samples": mergedConfig({ ...deeper, dropPath: 0.4 }),
  "prompts, centre head": {
    ...mergedConfig(deeper),
    adaptation: { kind: "vpt", prompts: 2 },
    head: { kind: "centre", channels: 8 },
  },
  "asymmetric attention": { ...loraConfig(deeper, { rank: 4 }), attention: "asymmetric" },
};

async function results(model: ModelConfig, recompute: Recompute): Promise<Record<string, Tensor>> {
  const { graph, outputs, trainable } = trainingStep(model, batchSize, { recompute });
  const weights = initialWeights(parametersIn(graph), createRandom(1)) as Map<string, Tensor>;
  const fed = new Set(trainable.map(({ name }) => name));
  const session = await Session.create(outputs, { device: "cpu", threads: 1, weights, fed });
  const choices = dropPathChoices(model, batchSize, 3, 0);
  const out = await session.compute({
    ...Object.fromEntries([...fed].map((name) => [name, weights.get(name)!])),
    ...batchFeeds(noiseBatch(model.variant, batchSize, 5), { model }),
    ...(choices && { [targetNames.dropPath]: choices }),
  });
  await session.dispose();
  return out;
}

/** Whether a value changes from batch to batch; a weight's transpose does not. */
const isActivation = (value: Value): boolean =>
  reachableNodes([value]).some(({ inputs }) => inputs.some(({ kind }) => kind === "input"));

/** Elements of the forward pass that wait for the backward pass. */
function keptElements(model: ModelConfig, recompute: Recompute): number {
  const { outputs } = trainingStep(model, batchSize, { recompute });
  const isBackward = (node: Node) => node.name.includes("gradient/");
  const kept = new Set<Value>();
  for (const node of reachableNodes(Object.values(outputs)).filter(isBackward)) {
    for (const input of node.inputs) if (input.node && !isBackward(input.node)) kept.add(input);
  }
  return [...kept].filter(isActivation).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

describe.each(Object.keys(models))("recomputation, %s", (name) => {
  const model = models[name]!;

  it("gives the loss and the gradients that keeping everything gives", async () => {
    const exact = await results(model, "none");
    for (const recompute of ["light", "blocks"] as const) {
      const found = await results(model, recompute);
      for (const [output, { data }] of Object.entries(exact)) {
        const [mine, theirs] = [found[output]!.data as Float32Array, data as Float32Array];
        const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const difference = theirs.reduce((most, value, i) => Math.max(most, Math.abs(value - mine[i]!)), 0);
        expect(difference, `${output}, ${recompute}`).toBeLessThanOrEqual(1e-5 * largest);
      }
    }
  });

  it("keeps less", () => {
    const deep = { ...model, variant: { ...model.variant, depth: 8 } };
    const [everything, light, blocks] = (["none", "light", "blocks"] as const).map((recompute) =>
      keptElements(deep, recompute),
    );
    expect(light!).toBeLessThan(0.92 * everything!);
    expect(blocks!).toBeLessThan(0.6 * everything!);
  });
});
