import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mergedConfig, parametersOf, resizePositions, variantNamed } from "@lorat/core/model";
import {
  bytesSource,
  elementCount,
  float32ToHalf,
  halfToFloat32,
  type ModelFolder,
  readModelFolder,
  requireTracker,
  stateDictOf,
} from "@lorat/core/weights";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  filled,
  tinyRank,
  tinySourceGrid,
  tinyVariant,
  valuesOf,
  writeSafetensorsFile,
  writeTinyFiles,
} from "../../testing/model-weights.ts";
import { type ConvertOptions, convertModel } from "./index.ts";

const variant = tinyVariant;
const { searchGrid } = variant;
let folder = "";
let files: Awaited<ReturnType<typeof writeTinyFiles>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-convert-"));
  files = await writeTinyFiles(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let made = 0;
const convert = async (options: Omit<ConvertOptions, "outDir"> & { outDir?: string }) => {
  const outDir = options.outDir ?? join(folder, `out-${made++}`);
  return { outDir, result: await convertModel({ variant, ...options, outDir }) };
};
const openFolder = async (outDir: string): Promise<ModelFolder> =>
  readModelFolder({
    json: JSON.parse(await readFile(join(outDir, "model.json"), "utf8")),
    weights: bytesSource(await readFile(join(outDir, "weights.safetensors"))),
  });
const noPartials = async () =>
  expect((await readdir(folder)).filter((name) => /partial|old/.test(name))).toEqual([]);

/** `W + scaling B A` from the numbers that the files were filled with. */
function mergedLinear(
  path: string,
  frozen: Float32Array,
  outputs: number,
  inputs: number,
  scaling: number,
): number[] {
  const a = valuesOf(`${path}.lora.A`, tinyRank * inputs);
  const b = valuesOf(`${path}.lora.B`, outputs * tinyRank);
  return Array.from(frozen, (value, at) => {
    const [i, j] = [Math.floor(at / inputs), at % inputs];
    let sum = 0;
    for (let r = 0; r < tinyRank; r++) sum += b[i * tinyRank + r]! * a[r * inputs + j]!;
    return value + scaling * sum;
  });
}
const close = (actual: Float32Array, expected: ArrayLike<number>, tolerance = 1e-5) => {
  expect(actual.length).toBe(expected.length);
  const largest = actual.reduce((max, value, i) => Math.max(max, Math.abs(value - expected[i]!)), 0);
  expect(largest).toBeLessThanOrEqual(tolerance);
};

describe("convertModel", () => {
  it("lays trained tensors over DINOv2: merged, stacked, positions resized", async () => {
    const { outDir, result } = await convert({ files: [files.trainable, files.dinov2] });
    const opened = await openFolder(outDir);
    expect(opened.manifest).toEqual(result.manifest);
    expect(opened.manifest).toMatchObject({
      kind: "tracker",
      variant,
      precision: "fp32",
      createdBy: "lorat convert",
    });
    expect(opened.manifest.sources).toEqual(
      await Promise.all(
        [files.trainable, files.dinov2].map(async (path, i) => ({
          file: path.slice(folder.length + 1),
          kind: i === 0 ? "lorat-trainable" : "dinov2",
          bytes: (await readFile(path)).byteLength,
          sha256: createHash("sha256")
            .update(await readFile(path))
            .digest("hex"),
        })),
      ),
    );
    expect(opened.manifest.notes).toEqual([
      expect.stringContaining("model.bin does not say how its adapters are scaled"),
    ]);
    requireTracker(opened);

    const { dim, hidden } = variant;
    const fc1 = "blocks.1.mlp.fc1";
    close(
      await opened.weights.float32(`${fc1}.weight`),
      mergedLinear(fc1, valuesOf(`${fc1}.weight`, hidden * dim), hidden, dim, 1),
    );
    const qkv = "blocks.0.attn.qkv";
    const frozen = valuesOf(`${qkv}.weight`, 3 * dim * dim);
    const parts = ["q", "k", "v"].flatMap((part, i) =>
      mergedLinear(`${qkv}.${part}`, frozen.slice(i * dim * dim, (i + 1) * dim * dim), dim, dim, 1),
    );
    close(await opened.weights.float32(`${qkv}.weight`), parts);
    close(await opened.weights.float32(`${qkv}.bias`), valuesOf(`${qkv}.bias`, 3 * dim), 0);
    close(await opened.weights.float32("token_type_embed"), valuesOf("token_type_embed", 3 * dim), 0);
    const table = valuesOf("pos_embed", (1 + tinySourceGrid ** 2) * dim).slice(dim);
    const [from, to] = [tinySourceGrid, searchGrid].map((side) => ({ width: side, height: side }));
    close(await opened.weights.float32("pos_embed"), resizePositions(table, dim, from!, to!), 0);
    await noPartials();
  });

  it("merges a full training file with its own scaling, and copies a merged one", async () => {
    const { dim, hidden } = variant;
    const fc2 = "blocks.1.mlp.fc2";
    const fromFull = await openFolder((await convert({ files: [files.full] })).outDir);
    const frozen = valuesOf(`${fc2}.linear.weight`, dim * hidden);
    close(
      await fromFull.weights.float32(`${fc2}.weight`),
      mergedLinear(fc2, frozen, dim, hidden, 3 / tinyRank),
    );
    close(await fromFull.weights.float32("pos_embed"), valuesOf("pos_embed", searchGrid ** 2 * dim), 0);
    expect(fromFull.manifest.notes).toEqual([]);
    const fromMerged = await openFolder((await convert({ files: [files.merged] })).outDir);
    for (const [name, shape] of stateDictOf(parametersOf(mergedConfig(variant)))) {
      close(await fromMerged.weights.float32(name), valuesOf(name, elementCount(shape)), 0);
    }
    const both = await convert({ files: [files.dinov2, files.merged] });
    expect(both.result.manifest.notes).toEqual([expect.stringContaining("dinov2_tiny.pth was not needed")]);
  });

  it("makes a backbone of DINOv2 alone, which cannot track", async () => {
    const { outDir } = await convert({ files: [files.dinov2] });
    const opened = await openFolder(outDir);
    expect(opened.manifest.kind).toBe("backbone");
    expect(new Set(opened.weights.entries.keys())).toEqual(
      new Set(
        stateDictOf(
          parametersOf(mergedConfig(variant)).filter(({ role }) => role.part === "backbone"),
        ).keys(),
      ),
    );
    expect(() => requireTracker(opened)).toThrow(expect.objectContaining({ code: "MODEL_BACKBONE_ONLY" }));
  });

  it("keeps matrices in half precision when asked, vectors in single", async () => {
    const { outDir } = await convert({ files: [files.merged], precision: "fp16" });
    const { weights, manifest } = await openFolder(outDir);
    expect(manifest.precision).toBe("fp16");
    for (const { name, dtype, shape } of weights.entries.values()) {
      const values = valuesOf(name, elementCount(shape));
      expect(dtype, name).toBe(shape.filter((side) => side > 1).length > 1 ? "F16" : "F32");
      close(await weights.float32(name), dtype === "F16" ? halfToFloat32(float32ToHalf(values)) : values, 0);
    }
  });

  it("takes half-precision sources and recognises a known variant", async () => {
    const nano = variantNamed("nano-patch");
    const path = await writeSafetensorsFile(
      join(folder, "nano.bin"),
      filled(stateDictOf(parametersOf(mergedConfig(nano))), "F16"),
    );
    const progress: number[] = [];
    const { result } = await convert({
      files: [path],
      variant: undefined,
      onProgress: (done, total) => progress.push(done / total),
    });
    expect(result.manifest.variant).toEqual(nano);
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  it("refuses what exists without force, and with force all but a model folder", async () => {
    const { outDir } = await convert({ files: [files.merged] });
    const before = await readFile(join(outDir, "weights.safetensors"));
    await expect(convert({ files: [files.dinov2], outDir })).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    expect(await readFile(join(outDir, "weights.safetensors"))).toEqual(before);
    await convert({ files: [files.dinov2], outDir, force: true });
    expect((await openFolder(outDir)).manifest.kind).toBe("backbone");
    const mine = join(folder, "mine");
    await mkdir(mine);
    await writeFile(join(mine, "thesis.txt"), "years of work");
    await expect(convert({ files: [files.merged], outDir: mine, force: true })).rejects.toMatchObject({
      code: "OUTPUT_NOT_MODEL_FOLDER",
      message: expect.stringContaining("thesis.txt"),
    });
    expect(await readdir(mine)).toEqual(["thesis.txt"]);
    const input = join(folder, "as-model");
    await mkdir(input);
    const path = await writeSafetensorsFile(
      join(input, "weights.safetensors"),
      filled(stateDictOf(parametersOf(mergedConfig(variant)))),
    );
    await expect(convert({ files: [path], outDir: input, force: true })).rejects.toMatchObject({
      code: "OUTPUT_HOLDS_INPUT",
    });
    await expect(
      convert({ files: [files.merged], outDir: join(files.merged, "below") }),
    ).rejects.toMatchObject({
      code: "OUTPUT_UNWRITABLE",
    });
    await noPartials();
  });
});
