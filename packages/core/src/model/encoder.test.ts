import { float32, Graph, Session } from "@lorat/graph";
import { expect, it } from "vitest";
import { createRandom } from "../random.ts";
import { tinyVariant } from "../testing/training-batch.ts";
import { loraConfig, type ModelConfig } from "./config.ts";
import { encode } from "./encoder.ts";
import { initialWeights } from "./initialise.ts";
import { parametersOf } from "./lorat.ts";

it("gives search tokens the same features from a template that was encoded alone", async () => {
  const config: ModelConfig = { ...loraConfig(tinyVariant, { rank: 4 }), attention: "asymmetric" };
  const graph = new Graph();
  const template = graph.input("template", [2, tinyVariant.templateGrid ** 2, tinyVariant.dim]);
  const search = graph.input("search", [2, tinyVariant.searchGrid ** 2, tinyVariant.dim]);
  const together = encode({ template, search }, config).search;
  const context = encode({ template }, config).keyValues;
  const apart = encode({ search }, config, { context }).search;
  const random = createRandom(4);
  const weights = initialWeights(parametersOf(config), random);
  const session = await Session.create({ together, apart }, { device: "cpu", threads: 1, weights });
  const noise = ({ shape }: { shape: readonly number[] }) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return float32(
      Float32Array.from({ length }, () => random.normal()),
      shape,
    );
  };
  const results = await session.compute({ template: noise(template), search: noise(search) });
  await session.dispose();
  const [a, b] = [results.together!.data as Float32Array, results.apart!.data as Float32Array];
  const largest = Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
  expect(largest).toBeLessThan(1e-4);
  expect(Math.max(...a.map(Math.abs))).toBeGreaterThan(0.5);
});
