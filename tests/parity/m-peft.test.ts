import { Graph, Session, type StoredTensor } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import type { Adaptation, allLinearLayers, ModelConfig } from "../../packages/core/src/model/config.ts";
import { lorat, networkInputs, parametersOf } from "../../packages/core/src/model/lorat.ts";
import { fixtureJson, fixtureTensors, maxDifference } from "./fixtures.ts";
import { floats, forwardRecording, plainBackbone, recordedLora, withPrefix } from "./networks.ts";

interface RecordedModel {
  trainable: string[];
  /** The recording's own field holds alpha: the factor follows from rank and kind. */
  scaling: number | null;
}

const json = fixtureJson<{ models: Record<string, RecordedModel> }>("m_peft_forward");
const tensors = fixtureTensors("m_peft_forward");
const recording = forwardRecording("gelu");
const { config } = recording;
const none = { q: false, k: false, v: false, proj: false, mlp: false };

/** The network that a recording's name and extra tensors describe. */
function modelOf(name: string, extra: ReadonlyMap<string, StoredTensor>): ModelConfig {
  const plain: ModelConfig = { ...recordedLora(config), adaptation: { kind: "none" } };
  const shapeOf = (suffix: string) => [...extra].find(([key]) => key.endsWith(suffix))![1].shape;
  const lora = (targets: Partial<typeof allLinearLayers>, rankStabilised: boolean): Adaptation => ({
    kind: "lora",
    rank: shapeOf(".lora.A")[0]!,
    alpha: json.models[name]!.scaling ?? shapeOf(".lora.A")[0]!,
    rankStabilised,
    targets: { ...none, ...targets },
  });
  if (name.startsWith("mixattn")) return { ...plain, attention: "asymmetric" };
  if (name.startsWith("vpt")) {
    return { ...plain, adaptation: { kind: "vpt", prompts: shapeOf("prompt_embeddings.0")[1]! } };
  }
  if (name.startsWith("ia3")) return { ...plain, adaptation: { kind: "ia3" } };
  if (name.startsWith("adapter")) {
    const reduction = config.dim / shapeOf("adapter_downsample.bias")[0]!;
    return { ...plain, adaptation: { kind: "adapter", reduction } };
  }
  if (name.startsWith("lora_qv"))
    return { ...plain, adaptation: lora({ q: true, v: true }, name.includes("rslora")) };
  if (name.startsWith("lora_mlp"))
    return { ...plain, adaptation: lora({ mlp: true }, name.includes("rslora")) };
  throw new Error(`no rule for the recorded model ${name}`);
}

/** Backbone weights under the names that the network asks for: fused, split, with or without `linear.`. */
function backboneFor(model: ModelConfig): Map<string, StoredTensor> {
  const weights = new Map([...recording.weights, ...plainBackbone(recording.weights)]);
  if (model.adaptation.kind === "lora") {
    // Layers without an adapter of their own carry no `linear.` level.
    for (const [name, tensor] of recording.weights) {
      if (name.includes(".linear.")) weights.set(name.replace(".linear.", "."), tensor);
    }
  }
  return weights;
}

describe.each(Object.keys(json.models))("adaptation as the reference ran it, %s", (name) => {
  const extra = withPrefix(tensors, `${name}.weights.`);
  const model = modelOf(name, extra);

  it("gives the recorded maps", async () => {
    const { scoreMap, boxes } = lorat(networkInputs(new Graph(), model, config.batch), model);
    const weights = new Map([...backboneFor(model), ...extra]);
    const session = await Session.create({ score_map: scoreMap, boxes }, { device: "cpu", weights });
    const out = await session.compute(recording.feeds);
    await session.dispose();
    for (const key of ["score_map", "boxes"]) {
      const recorded = floats(tensors.get(`${name}.expected.${key}`)!).data;
      expect(maxDifference(out[key]!.data as Float32Array, recorded), key).toBeLessThanOrEqual(1e-5);
    }
  });

  it("trains what the reference trains", () => {
    const trainable = parametersOf(model).flatMap(({ name, role }) => (role.trains ? [name] : []));
    expect(trainable.sort()).toEqual([...json.models[name]!.trainable].sort());
  });
});
