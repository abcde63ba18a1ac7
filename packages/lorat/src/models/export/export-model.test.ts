import { readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Model } from "@lorat/core";
import {
  createTracker,
  initialWeights,
  lorat,
  mergedConfig,
  namedOutputs,
  networkInputs,
  parametersOf,
  searchHalf,
  searchSizePx,
  templateHalf,
  templateSizePx,
  type Variant,
  variantNamed,
  variants,
} from "@lorat/core/model";
import { createRandom } from "@lorat/core/training";
import { forOldestOpset, Graph, oldestOpset, Session, serialise, sizeOf, type Value } from "@lorat/graph";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkModels, findOnnxChecker } from "../../../../graph/src/testing/onnx-checker.ts";
import { loadModel } from "../../trackers/model/load-tracker.ts";
import { exportModel, type ModelExportOptions } from "./export-model.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-export-model-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const small = { dim: 48, heads: 2, hidden: 96, depth: 2, templateGrid: 4, searchGrid: 6 };
const bodies: readonly Variant[] = [
  { ...variantNamed("nano"), ...small, name: "small-nano", dim: 160, heads: 5 },
  { ...variantNamed("B-224"), ...small, name: "small-b" },
  { ...variantNamed("g-224"), ...small, name: "small-g" },
];
function modelOf(variant: Variant): Model {
  const config = mergedConfig(variant);
  const weights = initialWeights(parametersOf(config), createRandom(3), "scratch");
  return { name: variant.name, config, weights };
}

let made = 0;
async function exported(model: Model, options: ModelExportOptions = {}) {
  const out = join(folder, `e${made++}`);
  return { out, files: await exportModel(model, out, options) };
}

/** Inputs that are always the same, by name. */
function inputsOf({ config: { variant } }: Model, batch = 1) {
  const random = createRandom(5);
  const [z, x] = [templateSizePx(variant), searchSizePx(variant)];
  const noise = (shape: number[]) =>
    new Tensor(
      "float32",
      Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
      shape,
    );
  const mask = Float32Array.from({ length: batch * variant.templateGrid ** 2 }, (_, i) =>
    i % 3 === 0 ? 1 : 0,
  );
  return {
    template: noise([batch, 3, z, z]),
    search: noise([batch, 3, x, x]),
    template_mask: new Tensor("float32", mask, [batch, variant.templateGrid ** 2]),
    ...(variant.references && {
      reference: noise([batch, 3, z, z]),
      reference_mask: new Tensor("float32", mask.toReversed(), [batch, variant.templateGrid ** 2]),
    }),
  };
}
type Inputs = ReturnType<typeof inputsOf>;

/** Template and reference as `track` takes them: the reference's tokens after the template's, in each of the rows. */
function sideBySide(template: Float32Array, reference: Float32Array, rows: number): Float32Array {
  const length = template.length / rows;
  const row = (array: Float32Array, i: number) => [...array.subarray(i * length, (i + 1) * length)];
  return Float32Array.from(
    Array.from({ length: rows }, (_, i) => [...row(template, i), ...row(reference, i)]).flat(),
  );
}

/** What the model's own graph gives. */
async function expectedOf({ config, weights }: Model, inputs: Inputs) {
  const batch = inputs.search.dims[0]!;
  const session = await Session.create(
    namedOutputs(lorat(networkInputs(new Graph(), config, batch), config)),
    {
      device: "cpu",
      weights,
    },
  );
  const fed = Object.entries(inputs).map(([name, { data, dims }]) => [
    name,
    { dtype: "float32" as const, shape: [...dims], data: data as Float32Array },
  ]);
  const out = await session.compute(Object.fromEntries(fed));
  await session.dispose();
  return [out.score_map!.data as Float32Array, out.boxes!.data as Float32Array];
}

async function mapsOf(out: string, inputs: Inputs, graphs: "one" | "two") {
  const open = (name: string) => InferenceSession.create(join(out, name));
  if (graphs === "one") {
    const { score_map, boxes } = await (await open("model.onnx")).run(inputs);
    return [score_map!.data as Float32Array, boxes!.data as Float32Array];
  }
  const { template, template_mask, search } = inputs;
  const init = await open("init.onnx");
  const { reference, reference_mask } = inputs;
  const kind = (value: number) => {
    const { dims } = template;
    return (
      reference && { is_reference: new Tensor("float32", new Float32Array(dims[0]!).fill(value), [dims[0]!]) }
    );
  };
  const { memory } = await init.run({ template, template_mask, ...kind(0) });
  let template_memory = memory!;
  if (reference) {
    const feeds = { template: reference, template_mask: reference_mask!, ...kind(1) };
    const recent = (await init.run(feeds)).memory!;
    const [batch, parts, heads, cells, width] = memory!.dims as number[];
    template_memory = new Tensor(
      "float32",
      sideBySide(memory!.data as Float32Array, recent.data as Float32Array, batch! * parts! * heads!),
      [batch!, parts!, heads!, 2 * cells!, width!],
    );
  }
  const { score_map, boxes } = await (await open("track.onnx")).run({ template_memory, search });
  return [score_map!.data as Float32Array, boxes!.data as Float32Array];
}

const worst = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe.each(bodies.map((variant) => [variant.name, modelOf(variant)] as const))("%s", (_, model) => {
  it.each<ModelExportOptions & { within: number }>([
    { graphs: "one", precision: "fp32", within: 1e-5 },
    { graphs: "two", precision: "fp32", within: 1e-5 },
    { graphs: "two", precision: "fp32", external: true, within: 1e-5 },
    { graphs: "one", precision: "fp32", batch: 3, within: 1e-5 },
    { graphs: "two", precision: "fp16", within: 5e-3 },
    { graphs: "two", precision: "int8", within: 5e-2 },
  ])("gives the model's numbers: $graphs, $precision, batch $batch, external $external", async (options) => {
    const { within, graphs = "one", batch = 1, ...rest } = options;
    const { out, files } = await exported(model, { graphs, batch, ...rest });
    const names = graphs === "one" ? ["model"] : ["init", "track"];
    const onnx = names.flatMap((name) => [`${name}.onnx`, ...(rest.external ? [`${name}.onnx.data`] : [])]);
    expect(files).toEqual([...onnx, "export.json"]);
    expect((await readdir(out)).sort()).toEqual([...files].sort());
    const inputs = inputsOf(model, batch);
    const [scores, boxes] = await mapsOf(out, inputs, graphs);
    const [wantedScores, wantedBoxes] = await expectedOf(model, inputs);
    expect(worst(scores!, wantedScores!)).toBeLessThan(within);
    expect(worst(boxes!, wantedBoxes!)).toBeLessThan(within);
  });
});

describe("ONNX's own checker", () => {
  const checker = findOnnxChecker();
  if (!checker)
    console.warn(
      "ONNX's checker is skipped: no Python with the onnx package (Debian: apt-get install python3-onnx)",
    );

  it.skipIf(!checker)("accepts the exported graphs of every variant as they are, at opset 17", async () => {
    const files: string[] = [];
    const weights = join(folder, "weights.bin");
    await writeFile(weights, "");
    await truncate(weights, 6e9);
    for (const [name, variant] of variants) {
      const config = mergedConfig(variant);
      const graphs: Record<string, Readonly<Record<string, Value>>> = {
        model: namedOutputs(lorat(networkInputs(new Graph(), config, 1), config)),
        init: templateHalf(config),
        track: searchHalf(config, 2),
      };
      for (const [graph, outputs] of Object.entries(graphs)) {
        let offset = 0;
        const place = ({ shape }: Value) => {
          const length = 4 * sizeOf(shape);
          offset += length;
          return {
            kind: "external",
            dtype: "float32",
            location: "weights.bin",
            offset: offset - length,
            length,
          } as const;
        };
        const { bytes } = serialise(forOldestOpset(outputs), place, { name: graph, opset: oldestOpset });
        const file = join(folder, `${name}-${graph}.onnx`);
        await writeFile(file, bytes);
        files.push(file);
      }
    }
    const before = files.map((file) => readFileSync(file).length);
    expect(checkModels(checker!, files)).toEqual([]);
    // The checker was shown these very versions, not older ones.
    expect(checker!.opset).toBeGreaterThanOrEqual(oldestOpset);
    expect(before.length).toBe(3 * variants.size);
  });

  it.skipIf(!checker)("accepts fp16 and int8, with weights inside and beside", async () => {
    const files: string[] = [];
    for (const variant of bodies) {
      for (const precision of ["fp16", "int8"] as const) {
        for (const external of [false, true]) {
          const { out } = await exported(modelOf(variant), { precision, external, graphs: "two" });
          files.push(join(out, "init.onnx"), join(out, "track.onnx"));
        }
      }
    }
    expect(checkModels(checker!, files)).toEqual([]);
  });
});

describe("exportModel", () => {
  it("tracks a clip as the tracker does, by two graphs", async () => {
    const model = await loadModel("nano");
    const { out } = await exported(model, { graphs: "two" });
    const noise = createRandom(8);
    const background = Uint8Array.from({ length: 160 * 120 * 3 }, () => noise.integer(80));
    const frames = Array.from({ length: 8 }, (_, t) => {
      const data = background.slice();
      for (let y = 40; y < 70; y++) {
        for (let x = 40 + 3 * t; x < 80 + 3 * t; x++)
          data.fill(180 + ((x - 3 * t + y) % 60), 3 * (160 * y + x), 3 * (160 * y + x) + 3);
      }
      return { width: 160, height: 120, channels: 3 as const, data };
    });
    const box = { x: 40, y: 40, width: 40, height: 30 };
    const boxesBy = async (options: Parameters<typeof createTracker>[1]) => {
      const tracker = await createTracker(model, { device: "cpu", threads: 1, ...options });
      const target = await tracker.start(frames[0]!, box);
      const found = [];
      for (const frame of frames.slice(1)) found.push((await target.track(frame)).raw.box);
      await tracker.dispose();
      return found;
    };
    const expected = await boxesBy({});
    let runs = 0;
    const found = await boxesBy({
      createSession: async (outputs) => {
        const session = await InferenceSession.create(
          join(out, "memory" in outputs ? "init.onnx" : "track.onnx"),
        );
        return {
          device: "cpu" as const,
          async compute(feeds: Record<string, { data: unknown; shape: readonly number[] }>) {
            runs++;
            const fed = Object.entries(feeds).map(([name, { data, shape }]) => [
              name,
              new Tensor("float32", data as Float32Array, [...shape]),
            ]);
            const results = await session.run(Object.fromEntries(fed));
            return Object.fromEntries(
              Object.entries(results).map(([name, { data, dims }]) => [
                name,
                { dtype: "float32", shape: dims, data },
              ]),
            );
          },
          dispose: () => session.release(),
        } as never;
      },
    });
    expect(runs).toBe(9); // template, reference and seven search regions
    found.forEach((corners, i) => {
      corners.forEach((value, j) => {
        expect(Math.abs(value - expected[i]![j]!)).toBeLessThan(1e-3);
      });
    });
  });

  it("describes itself, and replaces nothing but an export", async () => {
    const model = modelOf(bodies[1]!);
    const { out } = await exported(model, { batch: 2 });
    expect(JSON.parse(await readFile(join(out, "export.json"), "utf8"))).toMatchObject({
      format: "lorat-export",
      batch: 2,
      opset: 17,
      precision: "fp32",
      graphs: ["model.onnx"],
      template: { sizePx: 56, cells: 4, areaFactor: 2 },
      search: { sizePx: 84, cells: 6, areaFactor: 4 },
      loop: { windowWeight: 0.45 },
    });
    await expect(exportModel(model, out)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    await exportModel(model, out, { force: true, graphs: "two" });
    expect((await readdir(out)).sort()).toEqual(["export.json", "init.onnx", "track.onnx"]);
    await writeFile(join(out, "thesis.txt"), "years of work");
    await expect(exportModel(model, out, { force: true })).rejects.toMatchObject({
      code: "OUTPUT_EXISTS",
      message: expect.stringContaining("thesis.txt"),
    });
    expect((await readdir(folder)).filter((name) => name.includes("partial"))).toEqual([]);
  });
});
