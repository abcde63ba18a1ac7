import { initialWeights, mergedConfig, parametersOf, quantisableLayers } from "@lorat/core/model";
import { createRandom } from "@lorat/core/training";
import type { Tensor } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { withFolder } from "../../testing/clips.ts";
import { tinyVariant } from "../../testing/model-weights.ts";
import { loadModel } from "../../trackers/model/load-tracker.ts";
import { readManifest, updateManifest } from "../../trackers/model/manifest.ts";
import { identifyTracker } from "../../trackers/tracker-spec.ts";
import { saveModel } from "../save-model.ts";
import { calibrationPairs, quantise } from "./quantise.ts";

const config = mergedConfig(tinyVariant);

async function saveTiny(folder: string): Promise<void> {
  const weights = initialWeights(parametersOf(config), createRandom(3)) as Map<string, Tensor<"float32">>;
  await saveModel(folder, tinyVariant, weights, ["kept"]);
}

describe("quantise", () => {
  it("notes in the manifest what it found, where loading finds it", async () => {
    await withFolder(async (folder) => {
      await saveTiny(folder);
      expect((await loadModel(folder)).singleLayers).toBeUndefined();
      const measured: number[] = [];
      const result = await quantise(folder, {
        threads: 1,
        required: { mean: 0, worst: 0 },
        onMeasured: (quantised) => measured.push(quantised.length),
      });
      expect(measured).toEqual([quantisableLayers(config).length]);
      expect(result.agreement.mean).toBeGreaterThan(0.5);
      const manifest = await readManifest(folder);
      expect(manifest.int8).toEqual({ singleLayers: [], agreement: result.agreement });
      expect(manifest.notes).toEqual(["kept"]);
      expect((await loadModel(folder)).singleLayers).toEqual([]);
    });
  });

  it("measures on targets that can be seen, the same every time", () => {
    const pairs = calibrationPairs();
    expect(pairs.length).toBeGreaterThan(40);
    for (const { box, first } of pairs) {
      expect(box.width * box.height).toBeGreaterThan(0);
      expect(box.x).toBeLessThan(first.width);
    }
  });
});

describe("an evaluation's record", () => {
  it("tells precisions apart, and models by the layers that int8 leaves alone", async () => {
    await withFolder(async (folder) => {
      await saveTiny(folder);
      const identify = (precision: "fp32" | "int8") =>
        identifyTracker({ kind: "model", model: folder, device: "cpu", precision });
      const [single, eight] = [await identify("fp32"), await identify("int8")];
      expect(single).not.toHaveProperty("precision");
      expect(eight.precision).toBe("int8");
      expect(eight.name).toBe(`${single.name}-int8`);
      await updateManifest(folder, {
        int8: { singleLayers: ["blocks.0.mlp.fc1"], agreement: { mean: 1, worst: 1 } },
      });
      expect((await identify("int8")).fingerprint).not.toBe(eight.fingerprint);
      expect((await identify("fp32")).fingerprint).toBe(single.fingerprint);
    });
  });

  it("is not begun with a precision that the device lacks", async () => {
    const asked = identifyTracker({ kind: "model", model: "nano", device: "cpu", precision: "fp16" });
    await expect(asked).rejects.toMatchObject({ code: "PRECISION_UNAVAILABLE" });
  });
});
