import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { learningRate, trainingSchedule, trainingStep } from "@lorat/core/training";
import { LoratError, sizeOf } from "@lorat/graph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseRunConfig } from "../../runs/config/parse.ts";
import { presetNamed, presets } from "./index.ts";
import type { PresetOptions } from "./reference.ts";

let folder: string;
let options: PresetOptions;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-presets-"));
  for (const name of ["LaSOT", "TrackingNet", "GOT-10k", "COCO", "backbone"]) await mkdir(join(folder, name));
  await writeFile(join(folder, "list.txt"), "0\n");
  options = { data: folder, base: join(folder, "backbone"), got10kList: join(folder, "list.txt") };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function code(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof LoratError) return error.code;
    throw error;
  }
  return "none";
}

describe("presets", () => {
  it("are all valid configurations that survive being written down", () => {
    for (const [name, preset] of presets) {
      const config = JSON.parse(JSON.stringify(preset.config(options)));
      expect(parseRunConfig(config, name)).toEqual(config);
      expect(preset.expected).not.toBe("");
    }
  });

  // Specification 3.3 and 3.6.
  it("have the paper's schedule, data and optimiser", () => {
    const config = presetNamed("B-224").config(options);
    expect(config).toMatchObject({
      steps: 174_080,
      batchSize: 128,
      seed: 42,
      precision: "mixed",
      iouAware: true,
    });
    expect(config.optimizer).toEqual({
      learningRate: 1e-4,
      warmupLearningRate: 1e-7,
      minLearningRate: 1e-6,
      warmupSteps: 2048,
      cosineSteps: 174_080,
      weightDecay: 0.1,
      maxGradNorm: 1,
    });
    // 170 epochs of 1024 updates, two of them to warm up, with the reference's two rates at the ends.
    expect(trainingSchedule(config)).toEqual({
      cosineUpdates: 170 * 1024,
      warmupUpdates: 2 * 1024,
      warmupLr: 1e-7,
      minLr: 1e-6,
      warmupPrefix: true,
    });
    // The warm-up cuts the cosine's end off, so that the last step's rate stays above the least (specification 3.6).
    expect(learningRate(config.steps - 1, 1e-4, trainingSchedule(config))).toBeCloseTo(1.034e-6, 9);
    expect(config.data).toMatchObject({ samplesPerEpoch: 131_072, maxGap: 100, mode: "interval" });
    const { data } = config;
    if (data.kind !== "datasets") throw new Error("datasets were expected");
    expect(data.sets.map(({ dataset }) => dataset.split(":")[0])).toEqual([
      "lasot",
      "trackingnet",
      "coco",
      "got10k",
    ]);
    expect(data.sets.map(({ list }) => list !== undefined)).toEqual([false, false, false, true]);
    expect(config.validation).toMatchObject({ everySteps: 1024, samples: 4096 });
    expect(config.trackingTest).toMatchObject({ everySteps: 10_240 });
  });

  it("follow the GOT-10k protocol and the baseline's own values", () => {
    const got10k = presetNamed("L-378-got10k").config({ ...options, got10kList: undefined });
    expect(got10k).toMatchObject({
      steps: 102_400,
      data: { sets: [{ dataset: `got10k:${join(folder, "GOT-10k")}` }] },
    });
    const rates = { "B-224-full": 0.7, "L-224-full": 0.8, "g-224-full": 0.9 };
    for (const [name, layerDecay] of Object.entries(rates)) {
      const config = presetNamed(name).config(options);
      expect(config.optimizer).toMatchObject({ layerDecay, maxGradNorm: 0.1 });
      expect(config.model.adaptation.kind).toBe("none");
    }
  });

  it("keep the shares of warm-up and cosine in a shorter run", () => {
    const { optimizer, steps } = presetNamed("B-224").config({ ...options, steps: 1700 });
    expect({ steps, ...optimizer }).toMatchObject({ steps: 1700, warmupSteps: 20, cosineSteps: 1700 });
  });

  it("train less than a tenth of the network in nano-lora", () => {
    const { graph, trainable } = trainingStep(presetNamed("nano-lora").config({}).model, 1);
    const count = (values: Iterable<{ shape: readonly number[] }>) =>
      [...values].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    expect(count(trainable) / count(graph.parameters.values())).toBeLessThan(0.1);
  });

  it("leave out what is held out, in nano", () => {
    const { data } = presetNamed("nano").config({ data: folder, exclude: ["otb_", "davis_camel"] });
    expect(data).toMatchObject({ kind: "mix", roots: { exclude: ["otb_", "davis_camel"] } });
    expect(presetNamed("nano").config({ data: folder }).data).not.toHaveProperty("roots.exclude");
  });

  it("say what is missing", () => {
    const make = (changes: PresetOptions) =>
      code(() => presetNamed("B-224").config({ ...options, ...changes }));
    expect(make({ base: undefined })).toBe("PRESET_BASE");
    expect(make({ base: join(folder, "none") })).toBe("PRESET_BASE");
    expect(make({ got10kList: undefined })).toBe("PRESET_LIST");
    expect(make({ data: undefined })).toBe("DATA_PLACE");
    expect(make({ datasets: { laost: "/x" } })).toBe("DATA_PLACE");
    expect(
      make({
        data: undefined,
        datasets: { lasot: folder, trackingnet: folder, coco: folder, got10k: folder },
      }),
    ).toBe("none");
    expect(code(() => presetNamed("B-242"))).toBe("PRESET_UNKNOWN");
  });
});
