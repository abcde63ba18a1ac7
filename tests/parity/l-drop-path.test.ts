import { float32, Graph, gradient, mul, reduceMean, Session, type Tensor } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { targetNames } from "../../packages/core/src/graph-names.ts";
import { block } from "../../packages/core/src/model/block.ts";
import { mergedConfig } from "../../packages/core/src/model/config.ts";
import {
  dropPathKind,
  dropPathShape,
  droppedResidual,
  subsetSize,
} from "../../packages/core/src/model/drop-path.ts";
import { parameterScope } from "../../packages/core/src/model/parameters.ts";
import { variantNamed } from "../../packages/core/src/model/variants.ts";
import { fixtureJson, fixtureTensors, maxDifference } from "./fixtures.ts";
import { floats, withPrefix } from "./networks.ts";

interface RecordedCase {
  key: string;
  rate: number;
  batch: number;
  heads: number;
  permutations_attn_then_ffn: number[][];
  bernoulli_keep_masks_attn_then_ffn: number[][];
  subset_size: number | null;
}

/** The recorded draws as the graph is fed: `[1, 2, …]`. */
function choices({ rate, batch, ...recorded }: RecordedCase): Tensor<"float32"> {
  if (dropPathKind(rate) === "sample") {
    const factors = recorded.bernoulli_keep_masks_attn_then_ffn.flat().map((keep) => keep / (1 - rate));
    return float32(factors, dropPathShape(1, batch, rate));
  }
  const size = subsetSize(batch, rate);
  const rows = recorded.permutations_attn_then_ffn.flatMap((permutation) =>
    permutation
      .slice(0, size)
      .flatMap((sample) => Array.from({ length: batch }, (_, i) => (i === sample ? 1 : 0))),
  );
  return float32(rows, dropPathShape(1, batch, rate));
}

describe("uniform drop path as the reference ran it", () => {
  const { cases } = fixtureJson<{ cases: RecordedCase[] }>("l_drop_path");
  const tensors = fixtureTensors("l_drop_path");

  it.each(cases)("$key: output and input gradient", async (recorded) => {
    const { key, rate, batch, heads } = recorded;
    if (recorded.subset_size !== null) expect(subsetSize(batch, rate)).toBe(recorded.subset_size);
    const input = floats(tensors.get(`${key}.x`)!);
    const weights = withPrefix(tensors, `${key}.weights.`);
    const dim = input.shape[2]!;
    const hidden = weights.get("mlp.fc1.weight")!.shape[0]!;
    const config = mergedConfig({ ...variantNamed("B-224"), dim, heads, hidden, depth: 1, dropPath: rate });
    const graph = new Graph();
    const x = graph.input("x", input.shape);
    const place = { index: 0, residual: droppedResidual(graph, 1, batch, rate) };
    const { output: y } = block(x, parameterScope(graph, config), { search: 0, wanted: "all" }, place);
    const [dx] = gradient(reduceMean(mul(y, y)), [x]);
    const session = await Session.create({ y, dx: dx! }, { device: "cpu", weights });
    const out = await session.compute({ x: input, [targetNames.dropPath]: choices(recorded) });
    await session.dispose();
    expect(
      maxDifference(out.y!.data as Float32Array, floats(tensors.get(`${key}.y`)!).data),
    ).toBeLessThanOrEqual(1e-5);
    const recordedGradient = floats(tensors.get(`${key}.grad_x_of_mean_square`)!).data;
    expect(maxDifference(out.dx!.data as Float32Array, recordedGradient)).toBeLessThanOrEqual(1e-5);
  });
});
