import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mergedConfig, parametersOf, variantNamed } from "@lorat/core/model";
import { float32, Graph, relu, serialise } from "@lorat/graph";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nanoPreset } from "../presets/nano.ts";
import { startingWeights } from "../starting-weights.ts";
import { stemConfig } from "./stem-config.ts";
import { stemFingerprint, stemWeights, writeStem } from "./stem-file.ts";
import { openTeacher } from "./teacher.ts";
import { trainStem } from "./train-stem.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-stem-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const parameters = () => parametersOf(mergedConfig(variantNamed("nano")));

/** A stem's file with one number everywhere. */
async function plainStem(
  name: string,
  change: (name: string, shape: readonly number[]) => readonly number[] | undefined,
) {
  const path = join(folder, name);
  const tensors = new Map(
    parameters().flatMap(({ name: own, shape }) => {
      const kept = own.startsWith("stem.") ? change(own, shape) : undefined;
      if (!kept) return [];
      return [[own, float32(new Float32Array(kept.reduce((a, b) => a * b, 1)).fill(0.5), kept)] as const];
    }),
  );
  await writeStem(path, tensors, {});
  return path;
}

describe("a stem's file", () => {
  it("gives the network its stem, which stays frozen, and leaves the rest to the initialisation", async () => {
    const stem = await plainStem("whole.safetensors", (_, shape) => shape);
    const model = mergedConfig(variantNamed("nano"));
    const weights = await startingWeights({ model, initialisation: "scratch", stem, seed: 1 });
    const first = weights.get("stem.first.weight")!;
    expect(first).toMatchObject({ dtype: "float32", shape: [16, 3, 3, 3], file: stem });
    expect(weights.get("patch_embed.proj.weight")).toMatchObject({ shape: [160, 96, 1, 1] });
    const frozen = parameters().filter(({ role }) => !role.trains);
    expect(frozen.every(({ name }) => name.startsWith("stem."))).toBe(true);
    expect(frozen.length).toBe(parameters().filter(({ name }) => name.startsWith("stem.")).length);
  });

  it("is the bundled model's in the nano preset, unless another or a base is given", async () => {
    const { model, initialisation, stem, seed } = nanoPreset({ steps: 4 });
    expect(stem).toBe("nano");
    expect(nanoPreset({ base: "nano" }).stem).toBeUndefined();
    const weights = await startingWeights({ model, initialisation, stem, seed });
    expect(weights.get("stem.first.weight")).toMatchObject({
      file: expect.stringMatching(/nano.weights\.safetensors$/),
    });
    expect(await stemFingerprint("nano")).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is refused where a part is missing or has other sizes, each of them named", async () => {
    const short = await plainStem("short.safetensors", (name, shape) =>
      name.includes("blocks.3.") ? undefined : shape,
    );
    await expect(stemWeights(short, parameters())).rejects.toMatchObject({
      code: "STEM_WEIGHTS",
      issues: expect.arrayContaining(["stem.blocks.3.project.weight is missing"]),
    });
    const wide = await plainStem("wide.safetensors", (name, shape) =>
      name === "stem.first.bias" ? [shape[0]! + 1] : shape,
    );
    await expect(stemWeights(wide, parameters())).rejects.toMatchObject({
      code: "STEM_WEIGHTS",
      message: expect.stringContaining("stem.first.bias: [16] is needed, the file has [17]"),
    });
  });

  it("that is not there is named, on resume too", async () => {
    await expect(stemFingerprint(join(folder, "nowhere.safetensors"))).rejects.toMatchObject({
      code: "STEM_MISSING",
    });
  });
});

describe("a teacher", () => {
  const sizes = { batchSize: 1, sidePx: 32, threads: 1 };

  it("that is missing, or no ONNX file, or another network is refused with what was expected", async () => {
    await expect(openTeacher(join(folder, "none.onnx"), sizes)).rejects.toMatchObject({
      code: "TEACHER_MISSING",
    });
    const text = join(folder, "text.onnx");
    await writeFile(text, "not a model");
    await expect(openTeacher(text, sizes)).rejects.toMatchObject({
      code: "TEACHER_FILE",
      message: expect.stringContaining("NanoTrack V3's backbone"),
    });
    const other = join(folder, "other.onnx");
    await writeFile(other, serialise({ output: relu(new Graph().input("input", [1, 3, 255, 255])) }).bytes);
    await expect(openTeacher(other, sizes)).rejects.toMatchObject({
      code: "TEACHER_FILE",
      message: expect.stringContaining("does not compute 193"),
    });
  });
});

const published = fileURLToPath(
  new URL("../../../../../../shared/data/models/nanotrack/v3_nanotrack_backbone.onnx", import.meta.url),
);
const noTeacher = existsSync(published) ? "" : ` (skipped: no teacher at ${published})`;
it.skipIf(noTeacher)(
  `learns from the published teacher, stops, and goes on with the same numbers${noTeacher}`,
  async () => {
    const photos = join(folder, "photos");
    for (let i = 0; i < 24; i++) {
      const noise = { type: "gaussian", mean: 90 + 4 * i, sigma: 60 } as const;
      const image = sharp({ create: { width: 160, height: 120, channels: 3, background: "grey", noise } });
      await (await import("node:fs/promises")).mkdir(photos, { recursive: true });
      await image.jpeg().toFile(join(photos, `${i}.jpg`));
    }
    const small = (steps: number) => ({
      ...stemConfig(published, { photos: [photos] }, { steps }),
      batchSize: 2,
      sidePx: 64,
    });
    const options = { device: "cpu", threads: 1, workers: 0, measureEvery: 1000, measuredCrops: 4 } as const;
    const whole = join(folder, "whole");
    const losses: number[] = [];
    const result = await trainStem(small(4), {
      ...options,
      folder: whole,
      onStep: ({ loss }) => losses.push(loss),
    });
    expect(result).toMatchObject({ step: 4, finished: true });

    const parts = join(folder, "parts");
    const stop = new AbortController();
    await trainStem(small(4), {
      ...options,
      folder: parts,
      signal: stop.signal,
      onStep: ({ step }) => step === 2 && stop.abort(),
    });
    const later: number[] = [];
    await trainStem(small(4), {
      ...options,
      folder: parts,
      resume: true,
      onStep: ({ loss }) => later.push(loss),
    });
    expect(later).toEqual(losses.slice(2));
    expect(await readFile(join(parts, "stem.safetensors"))).toEqual(await readFile(result.file));

    const moved = { ...small(4), teacher: join(folder, "gone.onnx") };
    await expect(trainStem(moved, { ...options, folder: parts, resume: true })).rejects.toMatchObject({
      code: "RUN_CONFIG_CHANGED",
    });
  },
  120_000,
);
