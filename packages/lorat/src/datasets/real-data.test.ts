import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { withFolder } from "../testing/clips.ts";
import { datasetOf } from "./columns.ts";
import { openDataset } from "./open-dataset.ts";
import { listSequences } from "./sequence.ts";

const shared = fileURLToPath(new URL("../../../../../shared/data", import.meta.url));
const reason = `no data at ${shared}`;
if (!existsSync(shared)) console.warn(`tests of datasets with real data are left out: ${reason}`);

describe.skipIf(!existsSync(join(shared, "sequences")))(`real sequences (needs ${shared})`, () => {
  it("hold what the evaluation's own reader finds in them", async () => {
    await withFolder(async (cacheDir) => {
      const folder = join(shared, "sequences");
      const dataset = datasetOf(await openDataset({ dataset: `folder:${folder}` }, { cacheDir }));
      const expected = await listSequences(folder);
      expect(dataset.length).toBe(expected.length);
      for (let i = 0; i < dataset.length; i++) {
        const sequence = dataset.sequence(i);
        const { name, truth, visible } = expected.find((other) => other.name === sequence.name)!;
        const { width, height } = await sharp(sequence.framePath(0)).metadata();
        const shown = truth.map(
          (box, frame) =>
            visible[frame]! &&
            Math.min(box.x + box.width, width) > Math.max(box.x, 0) &&
            Math.min(box.y + box.height, height) > Math.max(box.y, 0),
        );
        const begin = shown.indexOf(true);
        expect([name, sequence.length]).toEqual([name, shown.lastIndexOf(true) + 1 - begin]);
        expect(existsSync(sequence.framePath(sequence.length - 1))).toBe(true);
        for (let frame = 0; frame < sequence.length; frame++) {
          const [object] = sequence.objects;
          expect(object!.present(frame)).toBe(shown[begin + frame]);
          if (!object!.present(frame)) continue;
          const { x, y } = truth[begin + frame]!;
          expect(object!.box(frame)[0]).toBeCloseTo(Math.max(x, 0), 3);
          expect(object!.box(frame)[1]).toBeCloseTo(Math.max(y, 0), 3);
        }
      }
    });
  });
});

const instances = join(shared, "photos/coco/instances.json");
describe.skipIf(!existsSync(instances))(`real COCO annotations (need ${shared})`, () => {
  it("give every picture with its objects", async () => {
    await withFolder(async (cacheDir) => {
      const dataset = datasetOf(await openDataset({ dataset: `coco:${instances}` }, { cacheDir }));
      const { images, annotations } = JSON.parse(await readFile(instances, "utf8")) as {
        images: { id: number }[];
        annotations: { image_id: number; iscrowd?: number }[];
      };
      const usable = annotations.filter(({ iscrowd }) => !iscrowd);
      const sequences = Array.from({ length: dataset.length }, (_, i) => dataset.sequence(i));
      expect(dataset.length).toBe(
        images.filter(({ id }) => usable.some(({ image_id }) => image_id === id)).length,
      );
      expect(sequences.reduce((sum, { objects }) => sum + objects.length, 0)).toBe(usable.length);
      expect(sequences.every((sequence) => existsSync(sequence.framePath(0)))).toBe(true);
    });
  });
});
