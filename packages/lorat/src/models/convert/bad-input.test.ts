import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allLinearLayers, loraConfig, mergedConfig, parametersOf } from "@lorat/core/model";
import { elementCount, type StateDict, stateDictOf } from "@lorat/core/weights";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  filled,
  tinyRank,
  tinyVariant,
  valuesOf,
  writeSafetensorsFile,
  writeTinyFiles,
} from "../../testing/model-weights.ts";
import { convertModel } from "./index.ts";

const variant = tinyVariant;
const adapters = { rank: tinyRank, targets: allLinearLayers };

let folder = "";
let files: Awaited<ReturnType<typeof writeTinyFiles>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-convert-bad-"));
  files = await writeTinyFiles(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const noPartials = async () =>
  expect((await readdir(folder)).filter((name) => /partial|old/.test(name))).toEqual([]);

describe("convertModel with bad input", () => {
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

  it.each<[code: string, what: string, paths: () => Promise<string[]>, said: RegExp]>([
    ["CONVERT_FILES", "no file", async () => [], /given: none/],
    [
      "CONVERT_FILES",
      "two bases",
      async () => [files.dinov2, files.dinov2],
      /dinov2_tiny\.pth \(dinov2\), dinov2_tiny/,
    ],
    [
      "CONVERT_FILES",
      "two models",
      async () => [files.merged, files.trainable, files.dinov2],
      /merged\.safetensors \(lorat-merged\), model\.bin/,
    ],
    [
      "CONVERT_BASE_MISSING",
      "trained tensors alone",
      async () => [files.trainable],
      /model\.bin holds only what LoRAT trains/,
    ],
    ["WEIGHTS_NOT_FOUND", "no such file", async () => [join(folder, "none.pth")], /none\.pth/],
    ["WEIGHTS_NOT_A_FILE", "a folder", async () => [folder], /is no file/],
    [
      "WEIGHTS_SHAPE",
      "a wrong shape",
      async () => [
        await write(
          "shape.bin",
          change(stateDictOf(parametersOf(mergedConfig(variant))), ["norm.bias", [7]]),
        ),
      ],
      /shape\.bin .*norm\.bias should be \[6\], is \[7\]/,
    ],
    [
      "WEIGHTS_NAMES",
      "a missing tensor",
      async () => [
        files.dinov2,
        await write(
          "missing.bin",
          change(stateDictOf(parametersOf(loraConfig(variant, adapters)).filter(({ role }) => role.trains)), [
            "token_type_embed",
            undefined,
          ]),
        ),
      ],
      /missing: token_type_embed \[3, 6\]/,
    ],
    [
      "WEIGHTS_NAMES",
      "a head of another kind",
      async () => [
        files.dinov2,
        await write(
          "conv.bin",
          change(stateDictOf(parametersOf(loraConfig(variant, adapters)).filter(({ role }) => role.trains)), [
            "head.cls.conv1.0.weight",
            [8, 6, 3, 3],
          ]),
        ),
      ],
      /unexpected: head\.cls\.conv1\.0\.weight \[8, 6, 3, 3\]/,
    ],
    [
      "WEIGHTS_VARIANT",
      "another width",
      async () => [await write("wide.bin", stateDictOf(parametersOf(mergedConfig({ ...variant, dim: 8 }))))],
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
        await writeFile(path, (await readFile(files.merged)).subarray(0, -100));
        return [path];
      },
      /cut\.safetensors: the header accounts for/,
    ],
    [
      "ZIP_NO_DIRECTORY",
      "a torch file cut short",
      async () => {
        const path = join(folder, "cut.pth");
        await writeFile(path, (await readFile(files.dinov2)).subarray(0, -100));
        return [path];
      },
      /cut\.pth: /,
    ],
  ])("%s: %s", async (code, _what, paths, said) => {
    const outDir = join(folder, "never");
    await expect(convertModel({ files: await paths(), outDir, variant })).rejects.toMatchObject({
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
    const tensors = filled(stateDictOf(parametersOf(mergedConfig(variant)))).map((tensor) => {
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

  it("leaves nothing behind when it is stopped", async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const outDir = join(folder, "never");
    const options = { files: [files.merged], outDir, variant, onProgress, signal: controller.signal };
    await expect(convertModel(options)).rejects.toMatchObject({ code: "CONVERT_STOPPED" });
    expect(await readdir(folder)).not.toContain("never");
    await noPartials();
  });

  it("refuses a variant that does not exist", async () => {
    await expect(
      convertModel({ files: [files.merged], outDir: join(folder, "never"), variant: "XL-999" }),
    ).rejects.toMatchObject({
      code: "VARIANT_UNKNOWN",
    });
  });
});
