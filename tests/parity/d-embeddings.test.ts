import { Graph, Session, type Value } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import type { EmbeddingKind, ModelConfig } from "../../packages/core/src/model/config.ts";
import { lorat, networkInputs } from "../../packages/core/src/model/lorat.ts";
import { fixtureJson, fixtureTensors, maxDifference } from "./fixtures.ts";
import {
  floats,
  forwardRecording,
  plainBackbone,
  type RecordedConfig,
  recordedLora,
  withPrefix,
} from "./networks.ts";

describe.each([
  ["sinusoidal", "sincos"],
  ["shared_no_type", "shared"],
  ["shared_type2", "type"],
] as const)("embedding ablation as the reference ran it, %s", (name, embedding: EmbeddingKind) => {
  it("gives the recorded tokens and outputs", async () => {
    const { config } = fixtureJson<{ config: RecordedConfig }>("d_embedding_ablations_forward");
    const tensors = fixtureTensors("d_embedding_ablations_forward");
    const recording = forwardRecording("gelu");
    const model: ModelConfig = { ...recordedLora(config), adaptation: { kind: "none" }, embedding };
    const weights = new Map([
      ...plainBackbone(recording.weights),
      ...withPrefix(tensors, `${name}.weights.`),
    ]);
    const network = lorat(networkInputs(new Graph(), model, config.batch), model);
    const outputs: Record<string, Value> = {
      tokens_after_embedding: network.stages.embedded,
      score_map: network.scoreMap,
      boxes: network.boxes,
    };
    const session = await Session.create(outputs, { device: "cpu", weights });
    const out = await session.compute({ ...recording.feeds });
    await session.dispose();
    for (const key of Object.keys(outputs)) {
      const recorded = floats(tensors.get(`${name}.expected.${key}`)!).data;
      expect(maxDifference(out[key]!.data as Float32Array, recorded), key).toBeLessThanOrEqual(1e-5);
    }
  });
});
