import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LoratError, nearestName } from "@lorat/graph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { offerToUserModules } from "../../files/user-module.ts";
import { nanoPreset } from "../../train/presets/nano.ts";
import { loadRunConfig } from "./load.ts";
import { overrideRun } from "./overrides.ts";
import { parseRunConfig } from "./parse.ts";

offerToUserModules("lorat", () => import("../../index.ts"));
const config = nanoPreset();

function problem(action: () => unknown): LoratError {
  try {
    action();
  } catch (error) {
    if (error instanceof LoratError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("nearest", () => {
  it("finds what was meant, and nothing where nothing is near", () => {
    const names = ["learningRate", "weightDecay", "steps"];
    expect(nearestName("learningrate", names)).toBe("learningRate");
    expect(nearestName("learnnigRate", names)).toBe("learningRate");
    expect(nearestName("stpes", names)).toBe("steps");
    expect(nearestName("colour", names)).toBeUndefined();
  });
});

describe("parseRunConfig", () => {
  it("gives a configuration back, and a variant for its name", () => {
    expect(parseRunConfig(JSON.parse(JSON.stringify(config)), "x")).toEqual(
      JSON.parse(JSON.stringify(config)),
    );
    const named = { ...config, model: { ...config.model, variant: "B-224" } };
    expect(parseRunConfig(named, "x").model.variant).toMatchObject({ name: "B-224", dim: 768 });
  });

  it.each([
    [{ ...config, optimiser: {} }, 'there is no key "optimiser", did you mean "optimizer"?'],
    [
      { ...config, optimizer: { ...config.optimizer, learnigRate: 1 } },
      'there is no key "optimizer.learnigRate", did you mean "optimizer.learningRate"?',
    ],
    [
      { ...config, learningRate: 1 },
      'there is no key "learningRate", did you mean "optimizer.learningRate"?',
    ],
    [
      {
        ...config,
        data: { ...config.data, mix: { ...(config.data as { mix: object }).mix, flipp: [0, 1] } },
      },
      'there is no key "data.mix.flipp", did you mean "data.mix.flip"?',
    ],
    [
      {
        ...config,
        data: {
          kind: "datasets",
          sets: [{ dataset: "lasot:x", wieght: 1 }],
          samplesPerEpoch: 8,
          maxGap: 100,
          mode: "interval",
          augmentation: {
            scaleJitter: [0, 0],
            translationJitter: [0, 0],
            templateScaleJitter: [0, 0],
            flip: [0, 0],
            colorJitter: [0, 0],
            threeAugment: [0, 0],
          },
          maxUnreadableShare: 0,
        },
      },
      'there is no key "data.sets.0.wieght", did you mean "data.sets.0.weight"?',
    ],
  ])("suggests the nearest key", (value, message) => {
    expect(problem(() => parseRunConfig(value, "run.json"))).toMatchObject({
      code: "CONFIG_KEY",
      message: `run.json: ${message}`,
    });
  });

  it("reports values out of range, all of them, with their paths", () => {
    const wrong = {
      ...config,
      batchSize: 0,
      precision: "half",
      steps: undefined,
      optimizer: { ...config.optimizer, maxGradNorm: -1, warmupSteps: 1.5 },
      data: { kind: "pictures" },
    };
    expect(problem(() => parseRunConfig(wrong, "run.json"))).toMatchObject({
      code: "CONFIG_VALUE",
      issues: [
        '"batchSize" is 0: it must be at least 1',
        '"steps" is missing',
        '"precision" is "half": it must be one of fp32, mixed',
        '"optimizer.warmupSteps" is 1.5: a whole number was expected',
        '"optimizer.maxGradNorm" is -1: it must be more than 0',
        '"data.kind" is "pictures": it must be one of mix, datasets',
      ],
    });
  });

  it("refuses what is no configuration at all", () => {
    expect(problem(() => parseRunConfig([], "run.json")).code).toBe("CONFIG_VALUE");
    expect(problem(() => parseRunConfig(undefined, "run.json")).code).toBe("CONFIG_VALUE");
  });
});

describe("overrideRun", () => {
  it("sets values along their paths, and takes keys away", () => {
    const set = ["optimizer.learningRate=1e-4", "name=mine", "averageDecay=null", "model.variant=S-224"];
    const changed = overrideRun(config, { set, steps: 10, seed: 7 });
    expect(changed).toMatchObject({
      name: "mine",
      steps: 10,
      seed: 7,
      optimizer: { learningRate: 1e-4, weightDecay: config.optimizer.weightDecay },
      model: { variant: { name: "S-224" } },
    });
    expect("averageDecay" in changed).toBe(false);
    expect(config.optimizer.learningRate).not.toBe(1e-4);
  });

  it("moves a cosine as long as the run with it", () => {
    const paper = { ...config, optimizer: { ...config.optimizer, cosineSteps: config.steps } };
    expect(overrideRun(paper, { steps: 5 }).optimizer.cosineSteps).toBe(5);
    expect(overrideRun(config, { steps: 5 }).optimizer.cosineSteps).toBeUndefined();
  });

  it("keeps the pairs of an update when the micro-batch changes", () => {
    expect(overrideRun(config, { batch: 4 })).toMatchObject({
      batchSize: 4,
      accumulation: config.batchSize / 4,
    });
    expect(problem(() => overrideRun(config, { batch: 7 })).code).toBe("CONFIG_BATCH");
  });

  it.each([
    ["optimizer.learningrate=1", "CONFIG_KEY"],
    ["optimizer.learningRate=fast", "CONFIG_VALUE"],
    ["steps", "CONFIG_OVERRIDE"],
    ["=1", "CONFIG_OVERRIDE"],
    ["seed.x=1", "CONFIG_OVERRIDE"],
  ])("refuses --set %s", (assignment, code) => {
    expect(problem(() => overrideRun(config, { set: [assignment] })).code).toBe(code);
  });
});

describe("loadRunConfig", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lorat-config-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const file = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };

  it("reads JSON, TypeScript, and functions that give a configuration", async () => {
    const plain = JSON.stringify(config);
    const expected = JSON.parse(plain);
    expect(await loadRunConfig(await file("a.json", plain))).toEqual(expected);
    const typed = `import { defineRun, type RunConfig } from "lorat";
      const config: RunConfig = ${plain};
      export default defineRun(config);`;
    expect(await loadRunConfig(await file("b.ts", typed))).toEqual(expected);
    expect(
      await loadRunConfig(await file("c.ts", `export default async () => (${plain} as object);`)),
    ).toEqual(expected);
  });

  it("says what is wrong with a file", async () => {
    const code = (path: string) => expect(loadRunConfig(path)).rejects;
    await code(join(folder, "none.json")).toMatchObject({ code: "CONFIG_FILE" });
    await code(join(folder, "none.ts")).toMatchObject({ code: "CONFIG_FILE" });
    await code(await file("d.json", "{")).toMatchObject({ code: "CONFIG_FILE" });
    await code(await file("e.ts", "export const a = 1;")).toMatchObject({ code: "CONFIG_FILE" });
    await code(await file("f.ts", "throw new Error('boom')")).toMatchObject({
      code: "CONFIG_FILE",
      message: expect.stringContaining("boom"),
    });
    await code(await file("g.ts", "export default { nam: 1 }")).toMatchObject({ code: "CONFIG_KEY" });
  });
});
