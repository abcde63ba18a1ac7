import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  loraConfig,
  lorat,
  type ModelConfig,
  mergedConfig,
  networkInputs,
  searchSizePx,
  templateSizePx,
} from "@lorat/core/model";
import { createRandom } from "@lorat/core/training";
import { fileSource, openSafetensors } from "@lorat/core/weights";
import { float32, Graph, Session, sizeOf, type Tensor, type Weights } from "@lorat/graph";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunConfig } from "../../runs/run-config.ts";
import { quickBase, quickRun, quickVariant } from "../../testing/training-run.ts";
import { loadModel } from "../../trackers/model/load-tracker.ts";
import { runWeights } from "../../train/run-weights.ts";
import { train } from "../../train/train.ts";
import { convertModel } from "../convert/index.ts";
import { exportRun } from "./export.ts";
import { exportOnnx } from "./export-onnx.ts";
import { exportTrained } from "./export-trained.ts";

const alpha = 10;
let folder: string;
let files: { dinov2: string; base: string };
let config: RunConfig;
let run: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-export-"));
  files = await quickBase(folder);
  const model = loraConfig(quickVariant, { rank: 4, alpha });
  config = quickRun({
    model,
    base: files.base,
    initialisation: "reference",
    steps: 3,
    averageDecay: undefined,
  });
  run = join(folder, "run");
  await train(config, { folder: run, device: "cpu", threads: 1, workers: 0 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function inputs(): Record<string, Tensor<"float32">> {
  const random = createRandom(11);
  const noise = (shape: number[]) =>
    float32(
      Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
      shape,
    );
  const [z, x] = [templateSizePx(quickVariant), searchSizePx(quickVariant)];
  const mask = float32([0, 1, 1, 0], [1, quickVariant.templateGrid ** 2]);
  return { template: noise([1, 3, z, z]), search: noise([1, 3, x, x]), template_mask: mask };
}

/** Score map and boxes of a model folder, on inputs that are always the same. */
async function mapsOf(model: string): Promise<Float32Array[]> {
  return mapsWith((await loadModel(model)).weights, mergedConfig(quickVariant));
}

async function mapsWith(weights: Weights, model: ModelConfig): Promise<Float32Array[]> {
  const { scoreMap, boxes } = lorat(networkInputs(new Graph(), model, 1), model);
  const session = await Session.create({ scoreMap, boxes }, { device: "cpu", weights });
  const out = await session.compute(inputs());
  await session.dispose();
  return [out.scoreMap!.data as Float32Array, out.boxes!.data as Float32Array];
}

function worst(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  return Math.max(...a.flatMap((values, i) => Array.from(values, (value, j) => Math.abs(value - b[i]![j]!))));
}

describe("a LoRA run's exports", () => {
  it("hold the trained tensors alone under the reference's names, with their scaling", async () => {
    const path = join(folder, "trained.safetensors");
    await exportTrained(run, config, path);
    const source = await fileSource(path);
    const { entries, float32: read } = await openSafetensors(source);
    const names = [...entries.keys()];
    expect(
      names.every((name) => /\.lora\.[AB]$|^head\.|^token_type_embed$|^lora_alpha$|^use_rslora$/.test(name)),
    ).toBe(true);
    expect(names.filter((name) => name.endsWith(".lora.A")).length).toBe(6 * quickVariant.depth);
    expect(entries.get("lora_alpha")).toMatchObject({ dtype: "I64", shape: [] });
    expect(entries.get("use_rslora")).toMatchObject({ dtype: "BOOL", shape: [] });
    expect(await read("lora_alpha")).toEqual(Float32Array.of(alpha));
    await source.dispose();
    await expect(exportTrained(run, config, path)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
  });

  it("give the same network as a merged folder, and laid over the base by convert", async () => {
    const merged = join(folder, "merged");
    expect(await exportRun(run, config, merged, { precision: "fp32" })).toEqual({ step: 3 });
    const trained = join(folder, "for-convert.safetensors");
    await exportTrained(run, config, trained);
    const converted = join(folder, "converted");
    await convertModel({ files: [files.dinov2, trained], outDir: converted, variant: quickVariant });
    const [a, b] = [await mapsOf(merged), await mapsOf(converted)];
    expect(worst(a, b)).toBeLessThan(1e-5);
    const { weights } = await runWeights(run, config);
    expect(worst(a, await mapsWith(weights, config.model))).toBeLessThan(1e-5);
    const half = join(folder, "half");
    await exportRun(run, config, half);
    const rounded = worst(a, await mapsOf(half));
    expect(rounded).toBeGreaterThan(0);
    expect(rounded).toBeLessThan(0.02);
  });

  it.each([
    ["in one file", undefined],
    ["with weights in a file of their own", 0],
  ])("give the same network as ONNX, %s", async (name, embedBelowBytes) => {
    const merged = join(folder, `merged for ${name}`);
    await exportRun(run, config, merged, { precision: "fp32" });
    const path = join(folder, `${name}.onnx`);
    const { dataPath } = await exportOnnx(run, config, path, {
      embedBelowBytes,
    });
    expect(dataPath).toBe(embedBelowBytes === 0 ? `${path}.data` : undefined);
    const session = await InferenceSession.create(path);
    expect([...session.inputNames].sort()).toEqual(["search", "template", "template_mask"]);
    const feeds = Object.entries(inputs()).map(
      ([key, { data, shape }]) => [key, new OrtTensor("float32", data, shape)] as const,
    );
    const { score_map, boxes } = await session.run(Object.fromEntries(feeds));
    const maps = [score_map!.data as Float32Array, boxes!.data as Float32Array];
    expect(worst(maps, await mapsOf(merged))).toBeLessThan(1e-5);
    await session.release();
  });
});

describe("other runs' exports", () => {
  it("take the averaged weights where the run keeps an average", async () => {
    const full = quickRun({ steps: 2, averageDecay: 0.999 });
    const at = join(folder, "full");
    await train(full, { folder: at, device: "cpu", threads: 1, workers: 0 });
    await exportRun(at, full, join(folder, "full-model"), { precision: "fp32" });
    const { weights } = await loadModel(join(folder, "full-model"));
    expect(weights.size).toBeGreaterThan(0);
    const bytes = await readFile(join(at, "checkpoints", "step-0000002.safetensors"));
    const { openSafetensors: open, bytesSource } = await import("@lorat/core/weights");
    const checkpoint = await open(bytesSource(bytes));
    const stored = await fileSource(join(folder, "full-model", "weights.safetensors"));
    const exported = await openSafetensors(stored);
    const name = "blocks.0.mlp.fc1.weight";
    expect(await exported.float32(name)).toEqual(await checkpoint.float32(`ema/${name}`));
    expect(await exported.float32(name)).not.toEqual(await checkpoint.float32(name));
    await stored.dispose();
  });

  it("are refused as a model folder for a network of an ablation, and given as ONNX", async () => {
    const model = { ...loraConfig(quickVariant, { rank: 4 }), head: { kind: "conv", channels: 16 } as const };
    const ablation = quickRun({
      model,
      base: files.base,
      initialisation: "reference",
      steps: 1,
      averageDecay: undefined,
    });
    const at = join(folder, "ablation");
    await train(ablation, { folder: at, device: "cpu", threads: 1, workers: 0 });
    await expect(exportRun(at, ablation, join(folder, "no"))).rejects.toMatchObject({
      code: "EXPORT_UNSUPPORTED",
      issues: ["head conv"],
    });
    await exportOnnx(at, ablation, join(folder, "ablation.onnx"));
    const session = await InferenceSession.create(join(folder, "ablation.onnx"));
    expect([...session.outputNames].sort()).toEqual(["boxes", "score_map"]);
    await session.release();
  });

  it("are refused before the first checkpoint", async () => {
    await expect(exportRun(join(folder, "nothing"), config, join(folder, "no"))).rejects.toMatchObject({
      code: "RUN_NO_CHECKPOINT",
    });
  });
});
