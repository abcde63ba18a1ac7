import { Graph, LoratError, reachableNodes, type Value } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { guardModel } from "../guard.ts";
import { mergedConfig } from "../model/config.ts";
import { initialWeights } from "../model/initialise.ts";
import { lorat, networkInputs, parametersOf } from "../model/lorat.ts";
import { type Variant, variantNamed } from "../model/variants.ts";
import { createRandom } from "../random.ts";
import { TrackingNetwork } from "../tracking/network.ts";
import { createTracker } from "../tracking/tracker.ts";
import { atPrecision, quantisableLayers } from "./at-precision.ts";
import { type Precision, requirePrecision } from "./precision.ts";

const variant: Variant = {
  ...variantNamed("nano-patch"),
  name: "tiny",
  dim: 48,
  depth: 2,
  heads: 2,
  hidden: 96,
};
const config = mergedConfig(variant);

function randomModel() {
  return { name: "tiny", config, weights: initialWeights(parametersOf(config), createRandom(3)) };
}

function wholeGraph() {
  const { scoreMap, boxes } = lorat(networkInputs(new Graph(), config, 1), config);
  return { score_map: scoreMap, boxes };
}

const count = (outputs: Readonly<Record<string, Value>>, type: string) =>
  reachableNodes(Object.values(outputs)).filter(({ operator }) => operator.type === type).length;

/** A gradient of colours that shifts with time. */
function frame(index: number) {
  const [width, height] = [96, 64];
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 7 + index * 11) % 256);
  return { width, height, channels: 3 as const, data, index, timestampSec: index / 30 };
}

describe("precisions of a device", () => {
  it.each([
    ["fp16", "cpu", "fp32"],
    ["fp16", "wasm", "fp32"],
    ["int8", "webgpu", "fp32|fp16"],
  ] as const)("refuses %s on %s, naming the nearest", async (precision, device, nearest) => {
    const error = await requirePrecision(precision, device).catch((cause) => cause as LoratError);
    expect(error).toBeInstanceOf(LoratError);
    expect(error).toMatchObject({
      code: "PRECISION_UNAVAILABLE",
      message: expect.stringMatching(new RegExp(`${device}.*${precision}`)),
      hint: expect.stringMatching(new RegExp(`nearest.*(${nearest})$`)),
    });
  });

  it("takes single precision everywhere, and 8 bits on both CPU devices", async () => {
    for (const device of ["cpu", "wasm", "webgpu", "cuda"] as const) await requirePrecision("fp32", device);
    for (const device of ["cpu", "wasm"] as const) await requirePrecision("int8", device);
  });

  it("refuses a name that is none", async () => {
    await expect(requirePrecision("int4" as Precision, "cpu")).rejects.toMatchObject({
      code: "PRECISION_UNKNOWN",
      hint: expect.stringContaining("int8"),
    });
  });

  it("is refused when a tracker is made, never replaced", async () => {
    const made = createTracker(randomModel(), { device: "cpu", precision: "fp16" });
    await expect(made).rejects.toMatchObject({ code: "PRECISION_UNAVAILABLE" });
  });
});

describe("layers at int8", () => {
  it("are all but the patch embedding and the head's last ones, and those that the model names", async () => {
    const { weights } = randomModel();
    const names = quantisableLayers(config).map(({ name }) => name);
    expect(names).toContain("blocks.0.attn.qkv");
    expect(names).toContain("head.reg_mlp.layers.1");
    expect(names).not.toContain("patch_embed.proj");
    expect(names).not.toContain("head.cls_mlp.layers.2");

    const all = await atPrecision(weights, { precision: "int8", device: "cpu" });
    const some = await atPrecision(weights, { precision: "int8", device: "cpu", singleLayers: [names[0]!] });
    const whole = (await all(wholeGraph())).outputs;
    expect(count((await some(wholeGraph())).outputs, "MatMulInteger")).toBe(
      count(whole, "MatMulInteger") - 1,
    );
  });

  it("counts each layer's work", () => {
    const layers = new Map(quantisableLayers(config).map(({ name, macs }) => [name, macs]));
    const tokens = variant.templateGrid ** 2 + variant.searchGrid ** 2;
    expect(layers.get("blocks.0.mlp.fc1")).toBe(tokens * variant.dim * variant.hidden);
    expect(layers.get("blocks.0.attn.qkv")).toBe(tokens * variant.dim * 3 * variant.dim);
    // The last block's queries are the search tokens' alone.
    const last = (2 * tokens + variant.searchGrid ** 2) * variant.dim ** 2;
    expect(layers.get("blocks.1.attn.qkv")).toBe(last);
  });

  it("follow the network in single precision, for any batch", async () => {
    const model = randomModel();
    const single = new TrackingNetwork(model, { device: "cpu", threads: 1 });
    const eight = new TrackingNetwork(model, { device: "cpu", threads: 1, precision: "int8" });
    const random = createRandom(9);
    const noise = (length: number) => Float32Array.from({ length }, () => random.normal());
    const { templateGrid, searchGrid, patchSize } = variant;
    const pixels = noise(3 * (templateGrid * patchSize) ** 2);
    const template = await single.embedTemplate(pixels, new Float32Array(templateGrid ** 2).fill(1));
    const search = noise(3 * (searchGrid * patchSize) ** 2);
    for (const batch of [1, 2]) {
      const repeated = (values: Float32Array) =>
        Float32Array.from({ length: batch * values.length }, (_, i) => values[i % values.length]!);
      const expected = await single.search(repeated(template), repeated(search), batch);
      const found = await eight.search(repeated(template), repeated(search), batch);
      const scale = Math.max(...expected.scoreMap.map(Math.abs));
      found.scoreMap.forEach((value, i) => {
        expect(Math.abs(value - expected.scoreMap[i]!)).toBeLessThan(0.1 * scale);
      });
    }
    await Promise.all([single.dispose(), eight.dispose()]);
  });

  it("are chosen by the boxes that a model finds", async () => {
    const pairs = [
      { first: frame(0), box: { x: 30, y: 20, width: 24, height: 20 }, next: frame(1) },
      { first: frame(1), box: { x: 40, y: 10, width: 16, height: 30 }, next: frame(2) },
    ];
    const tried: (readonly string[])[] = [];
    const { singleLayers, agreement } = await guardModel(randomModel(), pairs, {
      device: "cpu",
      threads: 1,
      required: { mean: 0.9, worst: 0.8 },
      onMeasured: (quantised) => tried.push(quantised),
    });
    expect(tried[0]).toEqual(quantisableLayers(config).map(({ name }) => name));
    expect(agreement.mean >= 0.9 || singleLayers.length === tried[0]!.length).toBe(true);
  });
});
