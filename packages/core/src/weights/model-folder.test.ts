import { describe, expect, it } from "vitest";
import { mergedConfig } from "../model/config.ts";
import { parametersOf } from "../model/lorat.ts";
import { type Variant, variantNamed } from "../model/variants.ts";
import { bytesSource } from "./byte-source.ts";
import { dtypeSize, elementCount, type WeightDType } from "./dtype.ts";
import { type ModelManifest, parseModelManifest, readModelFolder, requireTracker } from "./model-folder.ts";
import { encodeSafetensors } from "./safetensors-writer.ts";
import { type StateDict, stateDictOf } from "./validate.ts";

const variant: Variant = {
  ...variantNamed("nano-patch"),
  name: "tiny",
  dim: 6,
  heads: 2,
  depth: 1,
  hidden: 12,
  patchSize: 2,
  searchGrid: 4,
  templateGrid: 2,
};
const manifest: ModelManifest = {
  format: "lorat-model",
  formatVersion: 1,
  kind: "tracker",
  variant,
  precision: "fp32",
  createdBy: "a test",
  sources: [{ file: "model.bin", kind: "lorat-merged", bytes: 10, sha256: "0".repeat(64) }],
  notes: [],
};
const json = () => JSON.parse(JSON.stringify(manifest));

const weightsOf = async (tensors: StateDict, dtype: WeightDType = "F32") =>
  bytesSource(
    await encodeSafetensors(
      Array.from(tensors, ([name, shape]) => ({
        name,
        dtype,
        shape,
        data: new Uint8Array(elementCount(shape) * dtypeSize[dtype]),
      })),
    ),
  );

describe("readModelFolder", () => {
  it("opens a tracker and a backbone, in single and half precision", async () => {
    const merged = stateDictOf(parametersOf(mergedConfig(variant)));
    for (const dtype of ["F32", "F16"] as const) {
      const folder = await readModelFolder({ json: json(), weights: await weightsOf(merged, dtype) });
      expect(folder.manifest).toEqual(manifest);
      expect(new Set(folder.weights.entries.keys())).toEqual(new Set(merged.keys()));
      requireTracker(folder);
    }
    const backbone = await readModelFolder({
      json: { ...json(), kind: "backbone" },
      weights: await weightsOf(
        stateDictOf(parametersOf(mergedConfig(variant)).filter(({ role }) => role.part === "backbone")),
      ),
    });
    expect(() => requireTracker(backbone)).toThrow(expect.objectContaining({ code: "MODEL_BACKBONE_ONLY" }));
  });

  it("refuses weights that are not the manifest's", async () => {
    const wrong = new Map(stateDictOf(parametersOf(mergedConfig(variant)))).set("norm.bias", [7]);
    await expect(readModelFolder({ json: json(), weights: await weightsOf(wrong) })).rejects.toMatchObject({
      code: "WEIGHTS_SHAPE",
      issues: ["norm.bias should be [6], is [7]"],
    });
    const backbone = await weightsOf(
      stateDictOf(parametersOf(mergedConfig(variant)).filter(({ role }) => role.part === "backbone")),
    );
    await expect(readModelFolder({ json: json(), weights: backbone })).rejects.toMatchObject({
      code: "WEIGHTS_NAMES",
    });
    const integers = await weightsOf(stateDictOf(parametersOf(mergedConfig(variant))), "I32");
    await expect(readModelFolder({ json: json(), weights: integers })).rejects.toMatchObject({
      code: "WEIGHTS_DTYPE",
    });
  });
});

describe("parseModelManifest", () => {
  it("fills in what may be left out", () => {
    const { sources: _, notes: __, ...least } = json();
    expect(parseModelManifest(least)).toEqual({ ...manifest, sources: [] });
  });

  it("reports every problem at once", () => {
    const bad = { ...json(), kind: "detector", variant: { ...variant, dim: 0, ffn: "relu" } };
    expect(() => parseModelManifest(bad)).toThrow(
      expect.objectContaining({
        code: "MODEL_JSON",
        issues: [
          expect.stringMatching(/^kind: /),
          expect.stringMatching(/^variant\.dim: /),
          expect.stringMatching(/^variant\.ffn: /),
        ],
      }),
    );
  });

  it.each([
    null,
    [],
    "text",
    {},
    { ...json(), variant: { ...variant, heads: 5 } },
    { ...json(), variant: { ...variant, templateGrid: 9 } },
  ])("refuses %j", (value) =>
    expect(() => parseModelManifest(value)).toThrow(expect.objectContaining({ code: "MODEL_JSON" })),
  );

  it("takes a calibration that rises, and no other", () => {
    const calibration = { slope: 3.5, offset: -2 };
    expect(parseModelManifest({ ...json(), calibration })).toMatchObject({ calibration });
    expect(parseModelManifest(json()).calibration).toBeUndefined();
    for (const bad of [
      { slope: 0, offset: 1 },
      { slope: -1, offset: 1 },
      { slope: 1 },
      { slope: 1, offset: "0" },
      3,
    ]) {
      expect(() => parseModelManifest({ ...json(), calibration: bad })).toThrow(
        expect.objectContaining({ code: "MODEL_JSON", issues: [expect.stringMatching(/^calibration/)] }),
      );
    }
  });

  it("takes departures from the reference's loop, within their ranges", () => {
    const loop = { boxVoting: true, sizeGain: 0.1 };
    expect(parseModelManifest({ ...json(), loop })).toMatchObject({ loop });
    for (const bad of [{ sizeGain: 0 }, { sizeGain: 1.5 }, { boxVoting: "yes" }, 3]) {
      expect(() => parseModelManifest({ ...json(), loop: bad })).toThrow(
        expect.objectContaining({ code: "MODEL_JSON", issues: [expect.stringMatching(/^loop/)] }),
      );
    }
  });

  it("says so when the folder is of a later release", () => {
    expect(() => parseModelManifest({ ...json(), formatVersion: 2 })).toThrow(
      expect.objectContaining({ code: "MODEL_VERSION" }),
    );
  });
});
