import { Graph, Session, type Tensor, type Value } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { inputNames, outputNames } from "../../packages/core/src/graph-names.ts";
import { lorat, networkInputs, searchHalf, templateHalf } from "../../packages/core/src/model/lorat.ts";
import { maxDifference } from "./fixtures.ts";
import { forwardRecording, recordedLora } from "./networks.ts";

describe.each(["gelu", "swiglu"])("forward pass as the reference ran it, %s", (kind) => {
  const recording = forwardRecording(kind);
  const { config, feeds, weights, tensors } = recording;
  const model = recordedLora(config);
  const expected = (name: string) => tensors.get(`expected.${name}`)!.data as Float32Array;

  it("agrees at every stage", async () => {
    const graph = new Graph();
    const network = lorat(networkInputs(graph, model, config.batch), model, { keepAllTokens: true });
    const outputs: Record<string, Value> = {
      patch_embed_z: network.stages.patchEmbedTemplate,
      patch_embed_x: network.stages.patchEmbedSearch,
      tokens_after_embedding: network.stages.embedded,
      tokens_after_final_norm: network.stages.normalised,
      score_map: network.scoreMap,
      boxes: network.boxes,
    };
    network.stages.blocks.forEach((value, i) => {
      outputs[`tokens_after_block_${i}`] = value;
    });
    const session = await Session.create(outputs, { device: "cpu", weights });
    const results = await session.compute(feeds);
    await session.dispose();
    for (const name of Object.keys(outputs)) {
      const late = name.startsWith("tokens_after_block") && name !== "tokens_after_block_0";
      const difference = maxDifference((results[name] as Tensor<"float32">).data, expected(name));
      expect(difference, name).toBeLessThanOrEqual(late ? 2e-5 : 1e-5);
    }
  });

  it("gives the same maps when the last block computes only the search tokens", async () => {
    const graph = new Graph();
    const { scoreMap, boxes } = lorat(networkInputs(graph, model, config.batch), model);
    const session = await Session.create({ scoreMap, boxes }, { device: "cpu", weights });
    const results = await session.compute(feeds);
    await session.dispose();
    expect(maxDifference(results.scoreMap!.data as Float32Array, expected("score_map"))).toBeLessThanOrEqual(
      1e-5,
    );
    expect(maxDifference(results.boxes!.data as Float32Array, expected("boxes"))).toBeLessThanOrEqual(1e-5);
  });

  it("gives the same maps from template tokens that were embedded once", async () => {
    const embed = await Session.create(templateHalf(model, config.batch), { device: "cpu", weights });
    const embedded = (await embed.compute(feeds))[outputNames.memory]!;
    const session = await Session.create(searchHalf(model, config.batch), { device: "cpu", weights });
    const results = await session.compute({ ...feeds, [inputNames.templateMemory]: embedded });
    await Promise.all([embed.dispose(), session.dispose()]);
    expect(maxDifference(results.score_map!.data as Float32Array, expected("score_map"))).toBeLessThanOrEqual(
      1e-5,
    );
    expect(maxDifference(results.boxes!.data as Float32Array, expected("boxes"))).toBeLessThanOrEqual(1e-5);
  });
});
