import { float32, Graph, Session, type StoredTensor, type Tensor, type Value } from "@lorat/graph";
import { expect, it } from "vitest";
import { inputNames, outputNames } from "../graph-names.ts";
import { createRandom } from "../random.ts";
import { tinyVariant } from "../testing/training-batch.ts";
import { sideBySide } from "../tracking/reference.ts";
import { mergedConfig } from "./config.ts";
import { initialWeights } from "./initialise.ts";
import {
  lorat,
  namedOutputs,
  networkInputs,
  parametersOf,
  searchHalf,
  templateHalf,
  templateMemoryShape,
} from "./lorat.ts";
import { searchSizePx, templateCount, templateSizePx, type Variant } from "./variants.ts";

const stemVariant: Variant = {
  ...tinyVariant,
  patchSize: 16,
  templateGrid: 2,
  searchGrid: 4,
  stem: "conv",
  attention: "asymmetric",
};

it.each([
  ["patches, joint attention", tinyVariant],
  ["patches, the template's keys and values kept", { ...tinyVariant, attention: "asymmetric" } as Variant],
  ["a convolutional stem, the template's keys and values kept", stemVariant],
  ["a template and a reference", { ...tinyVariant, attention: "asymmetric", references: 1 } as Variant],
])("gives the same maps in two halves as in one pass: %s", async (_, variant) => {
  const config = mergedConfig(variant);
  const random = createRandom(11);
  const weights = initialWeights(parametersOf(config), random, "scratch");
  // Before training a reference's tokens differ from a template's by nothing.
  const types = weights.get("reference_type_embed") as Tensor<"float32"> | undefined;
  types?.data.forEach((_value, i) => {
    types.data[i] = random.normal();
  });
  const picture = (side: number) => {
    const data = Float32Array.from({ length: 2 * 3 * side ** 2 }, () => random.normal());
    return float32(data, [2, 3, side, side]);
  };
  const mask = Float32Array.from({ length: 2 * variant.templateGrid ** 2 }, (_value, i) => i % 2);
  const isReferred = templateCount(variant) > 1;
  const cells = variant.templateGrid ** 2;
  const reference = isReferred && {
    [inputNames.reference]: picture(templateSizePx(variant)),
    [inputNames.referenceMask]: float32(mask, [2, cells]),
  };
  const feeds = {
    [inputNames.template]: picture(templateSizePx(variant)),
    [inputNames.search]: picture(searchSizePx(variant)),
    [inputNames.templateMask]: float32(mask, [2, variant.templateGrid ** 2]),
  };
  const graph = namedOutputs(lorat(networkInputs(new Graph(), config, 2), config));
  const whole = await run(graph, weights, { ...feeds, ...reference });
  const { [inputNames.search]: search, ...template } = feeds;
  const half = async (view: Record<string, Tensor>, isReference: number) => {
    const kind = isReferred && { [inputNames.isReference]: float32([isReference, isReference], [2]) };
    return (await run(templateHalf(config, 2), weights, { ...view, ...kind }))[outputNames.memory]!;
  };
  let memory = await half(template, 0);
  if (reference) {
    const view = {
      [inputNames.template]: reference[inputNames.reference]!,
      [inputNames.templateMask]: reference[inputNames.referenceMask]!,
    };
    const recent = await half(view, 1);
    const rows = 2 * 2 * variant.depth * variant.heads; // two targets
    const both = sideBySide(memory.data as Float32Array, recent.data as Float32Array, rows);
    memory = float32(both, [2, ...templateMemoryShape(config)]);
  }
  const halves = await run(searchHalf(config, 2), weights, {
    [inputNames.search]: search!,
    [inputNames.templateMemory]: memory!,
  });
  for (const name of [outputNames.scoreMap, outputNames.boxes]) {
    const [a, b] = [whole[name]!.data as Float32Array, halves[name]!.data as Float32Array];
    expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!))), name).toBeLessThan(1e-4);
    expect(Math.max(...a) - Math.min(...a), `${name} depends on the cell`).toBeGreaterThan(1e-3);
  }
});

async function run(
  outputs: Readonly<Record<string, Value>>,
  weights: ReadonlyMap<string, StoredTensor>,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Tensor>> {
  const session = await Session.create(outputs, { device: "cpu", threads: 1, weights });
  try {
    return (await session.compute(feeds)) as Record<string, Tensor>;
  } finally {
    await session.dispose();
  }
}

it("refuses a reference where template tokens attend to the search", () => {
  const config = mergedConfig({ ...tinyVariant, references: 1 });
  expect(() => networkInputs(new Graph(), config, 1)).toThrow(
    expect.objectContaining({ code: "REFERENCE_ATTENTION" }),
  );
});
