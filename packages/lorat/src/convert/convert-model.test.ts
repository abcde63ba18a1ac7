import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  allLinearLayers,
  backboneStateDict,
  bytesSource,
  dinov2StateDict,
  elementCount,
  float32ToHalf,
  halfToFloat32,
  type ModelFolder,
  mergedStateDict,
  readModelFolder,
  requireTracker,
  resizePositions,
  type StateDict,
  trainableStateDict,
  trainingStateDict,
  variantNamed,
} from "@lorat/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  filled,
  tinyVariant,
  valuesOf,
  writeSafetensorsFile,
  writeTorchFile,
} from "../testing/model-weights.ts";
import { type ConvertOptions, convertModel } from "./index.ts";

const variant = tinyVariant;
const { searchGrid } = variant;
const rank = 3;
const sourceGrid = 5;
const adapters = { rank, targets: allLinearLayers };
const scalars: StateDict = new Map([["lora_alpha", []]]);

let folder = "";
let dinov2 = "";
let trainable = "";
let full = "";
let merged = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-convert-"));
  dinov2 = await writeTorchFile(
    join(folder, "dinov2_tiny.pth"),
    filled(dinov2StateDict(variant, sourceGrid)),
  );
  trainable = await writeSafetensorsFile(
    join(folder, "model.bin"),
    filled(trainableStateDict(variant, adapters)),
  );
  const training = new Map([...trainingStateDict(variant, searchGrid, adapters), ...scalars]);
  full = await writeSafetensorsFile(join(folder, "full.safetensors"), filled(training));
  merged = await writeSafetensorsFile(
    join(folder, "merged.safetensors"),
    filled(mergedStateDict(variant, searchGrid)),
  );
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
  const a = valuesOf(`${path}.lora.A`, rank * inputs);
  const b = valuesOf(`${path}.lora.B`, outputs * rank);
  return Array.from(frozen, (value, at) => {
    const [i, j] = [Math.floor(at / inputs), at % inputs];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += b[i * rank + r]! * a[r * inputs + j]!;
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
    const { outDir, result } = await convert({ files: [trainable, dinov2] });
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
        [trainable, dinov2].map(async (path, i) => ({
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
    const table = valuesOf("pos_embed", (1 + sourceGrid ** 2) * dim).slice(dim);
    const [from, to] = [sourceGrid, searchGrid].map((side) => ({ width: side, height: side }));
    close(await opened.weights.float32("pos_embed"), resizePositions(table, dim, from!, to!), 0);
    await noPartials();
  });

  it("merges a full training file with its own scaling, and copies a merged one", async () => {
    const { dim, hidden } = variant;
    const fc2 = "blocks.1.mlp.fc2";
    const fromFull = await openFolder((await convert({ files: [full] })).outDir);
    const frozen = valuesOf(`${fc2}.linear.weight`, dim * hidden);
    close(await fromFull.weights.float32(`${fc2}.weight`), mergedLinear(fc2, frozen, dim, hidden, 3 / rank));
    close(await fromFull.weights.float32("pos_embed"), valuesOf("pos_embed", searchGrid ** 2 * dim), 0);
    expect(fromFull.manifest.notes).toEqual([]);
    const fromMerged = await openFolder((await convert({ files: [merged] })).outDir);
    for (const [name, shape] of mergedStateDict(variant, searchGrid)) {
      close(await fromMerged.weights.float32(name), valuesOf(name, elementCount(shape)), 0);
    }
    const both = await convert({ files: [dinov2, merged] });
    expect(both.result.manifest.notes).toEqual([expect.stringContaining("dinov2_tiny.pth was not needed")]);
  });

  it("makes a backbone of DINOv2 alone, which cannot track", async () => {
    const { outDir } = await convert({ files: [dinov2] });
    const opened = await openFolder(outDir);
    expect(opened.manifest.kind).toBe("backbone");
    expect(new Set(opened.weights.entries.keys())).toEqual(
      new Set(backboneStateDict(variant, searchGrid).keys()),
    );
    expect(() => requireTracker(opened)).toThrow(expect.objectContaining({ code: "MODEL_BACKBONE_ONLY" }));
  });

  it("keeps matrices in half precision when asked, vectors in single", async () => {
    const { outDir } = await convert({ files: [merged], precision: "fp16" });
    const { weights, manifest } = await openFolder(outDir);
    expect(manifest.precision).toBe("fp16");
    for (const { name, dtype, shape } of weights.entries.values()) {
      const values = valuesOf(name, elementCount(shape));
      expect(dtype, name).toBe(shape.filter((side) => side > 1).length > 1 ? "F16" : "F32");
      close(await weights.float32(name), dtype === "F16" ? halfToFloat32(float32ToHalf(values)) : values, 0);
    }
  });

  it("takes half-precision sources and recognises a known variant", async () => {
    const nano = variantNamed("nano");
    const path = await writeSafetensorsFile(
      join(folder, "nano.bin"),
      filled(mergedStateDict(nano, nano.searchGrid), "F16"),
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
    const { outDir } = await convert({ files: [merged] });
    const before = await readFile(join(outDir, "weights.safetensors"));
    await expect(convert({ files: [dinov2], outDir })).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    expect(await readFile(join(outDir, "weights.safetensors"))).toEqual(before);
    await convert({ files: [dinov2], outDir, force: true });
    expect((await openFolder(outDir)).manifest.kind).toBe("backbone");
    const mine = join(folder, "mine");
    await mkdir(mine);
    await writeFile(join(mine, "thesis.txt"), "years of work");
    await expect(convert({ files: [merged], outDir: mine, force: true })).rejects.toMatchObject({
      code: "OUTPUT_NOT_MODEL_FOLDER",
      message: expect.stringContaining("thesis.txt"),
    });
    expect(await readdir(mine)).toEqual(["thesis.txt"]);
    const input = join(folder, "as-model");
    await mkdir(input);
    const path = await writeSafetensorsFile(
      join(input, "weights.safetensors"),
      filled(mergedStateDict(variant, searchGrid)),
    );
    await expect(convert({ files: [path], outDir: input, force: true })).rejects.toMatchObject({
      code: "OUTPUT_HOLDS_INPUT",
    });
    await expect(convert({ files: [merged], outDir: join(merged, "below") })).rejects.toMatchObject({
      code: "OUTPUT_UNWRITABLE",
    });
    await noPartials();
  });
});

describe("bad input", () => {
  const change = (tensors: StateDict, ...changes: [string, number[] | undefined][]): StateDict => {
    const out = new Map(tensors);
    for (const [name, shape] of changes) {
      if (shape) out.set(name, shape);
      else out.delete(name);
    }
    return out;
  };
  const write = (name: string, tensors: StateDict) =>
    writeSafetensorsFile(join(folder, name), filled(tensors));

  it.each<[code: string, what: string, files: () => Promise<string[]>, said: RegExp]>([
    ["CONVERT_FILES", "no file", async () => [], /given: none/],
    ["CONVERT_FILES", "two bases", async () => [dinov2, dinov2], /dinov2_tiny\.pth \(dinov2\), dinov2_tiny/],
    [
      "CONVERT_FILES",
      "two models",
      async () => [merged, trainable, dinov2],
      /merged\.safetensors \(lorat-merged\), model\.bin/,
    ],
    [
      "CONVERT_BASE_MISSING",
      "trained tensors alone",
      async () => [trainable],
      /model\.bin holds only what LoRAT trains/,
    ],
    ["WEIGHTS_NOT_FOUND", "no such file", async () => [join(folder, "none.pth")], /none\.pth/],
    ["WEIGHTS_NOT_A_FILE", "a folder", async () => [folder], /is no file/],
    [
      "WEIGHTS_SHAPE",
      "a wrong shape",
      async () => [
        await write("shape.bin", change(mergedStateDict(variant, searchGrid), ["norm.bias", [7]])),
      ],
      /shape\.bin .*norm\.bias should be \[6\], is \[7\]/,
    ],
    [
      "WEIGHTS_NAMES",
      "a missing tensor",
      async () => [
        dinov2,
        await write(
          "missing.bin",
          change(trainableStateDict(variant, adapters), ["token_type_embed", undefined]),
        ),
      ],
      /missing: token_type_embed \[3, 6\]/,
    ],
    [
      "WEIGHTS_NAMES",
      "a head of another kind",
      async () => [
        dinov2,
        await write(
          "conv.bin",
          change(trainableStateDict(variant, adapters), ["head.cls.conv1.0.weight", [8, 6, 3, 3]]),
        ),
      ],
      /unexpected: head\.cls\.conv1\.0\.weight \[8, 6, 3, 3\]/,
    ],
    [
      "WEIGHTS_VARIANT",
      "another width",
      async () => [await write("wide.bin", mergedStateDict({ ...variant, dim: 8 }, searchGrid))],
      /width 8, tiny has 6/,
    ],
    [
      "WEIGHTS_IS_HTML",
      "a page saved as weights",
      async () => {
        const path = join(folder, "page.pth");
        await writeFile(path, "<!doctype html><html><body>Please sign in</body></html>");
        return [path];
      },
      /page\.pth: the file is a page of HTML/,
    ],
    [
      "SAFETENSORS_TRUNCATED",
      "a safetensors file cut short",
      async () => {
        const path = join(folder, "cut.safetensors");
        await writeFile(path, (await readFile(merged)).subarray(0, -100));
        return [path];
      },
      /cut\.safetensors: the header accounts for/,
    ],
    [
      "ZIP_NO_DIRECTORY",
      "a torch file cut short",
      async () => {
        const path = join(folder, "cut.pth");
        await writeFile(path, (await readFile(dinov2)).subarray(0, -100));
        return [path];
      },
      /cut\.pth: /,
    ],
  ])("%s: %s", async (code, _what, files, said) => {
    const outDir = join(folder, "never");
    await expect(convertModel({ files: await files(), outDir, variant })).rejects.toMatchObject({
      name: "LoratError",
      code,
      message: expect.stringMatching(said),
    });
    expect(await readdir(folder)).not.toContain("never");
    await noPartials();
  });

  it.each<[code: string, value: number, precision: "fp32" | "fp16"]>([
    ["WEIGHTS_NOT_FINITE", Number.NaN, "fp32"],
    ["WEIGHTS_NOT_FINITE", Number.POSITIVE_INFINITY, "fp16"],
    ["WEIGHTS_HALF_RANGE", 70_000, "fp16"],
  ])("%s: %f in %s leaves nothing behind", async (code, value, precision) => {
    const tensors = filled(mergedStateDict(variant, searchGrid)).map((tensor) => {
      if (tensor.name !== "blocks.1.mlp.fc2.weight") return tensor;
      const values = valuesOf(tensor.name, elementCount(tensor.shape)).fill(value, 3, 4);
      return { ...tensor, data: new Uint8Array(values.buffer) };
    });
    const path = await writeSafetensorsFile(join(folder, "strange.bin"), tensors);
    const outDir = join(folder, "never");
    await expect(convertModel({ files: [path], outDir, variant, precision })).rejects.toMatchObject({
      code,
      message: expect.stringContaining("blocks.1.mlp.fc2.weight"),
    });
    expect(await readdir(folder)).not.toContain("never");
    await noPartials();
  });

  it("refuses a variant that does not exist", async () => {
    await expect(
      convertModel({ files: [merged], outDir: join(folder, "never"), variant: "XL-999" }),
    ).rejects.toMatchObject({
      code: "VARIANT_UNKNOWN",
    });
  });
});
