import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@lorat/core/training";
import sharp from "sharp";
import type { DataRoots } from "../sampling/data-manifest.ts";
import { inventObject } from "../synth/object.ts";
import { synthesise } from "../synth/synthesise.ts";
import { writeSequence } from "../synth/write-sequence.ts";

/** A small set of every kind of training data, made up for a test. */
export interface MadeUpData {
  readonly folder: string;
  readonly roots: DataRoots;
  remove(): Promise<void>;
}

/** Writes five photographs, boxes for them in both formats, two clips and three cut-outs into a temporary folder. */
export async function makeUpData(): Promise<MadeUpData> {
  const folder = await mkdtemp(join(tmpdir(), "lorat-data-"));
  const inside = (...names: string[]) => join(folder, ...names);
  for (const name of ["photos", "coco/images", "clips", "cutouts"])
    await mkdir(inside(name), { recursive: true });
  for (let i = 0; i < 5; i++) {
    const { frame } = synthesise(100 + i, { width: 200, height: 150, frames: 1 }).render(0);
    const path = i < 3 ? inside("photos", `${i}.jpg`) : inside("coco/images", `${i}.jpg`);
    await sharp(frame.data, { raw: { width: 200, height: 150, channels: 3 } })
      .jpeg()
      .toFile(path);
  }
  const line = (file: string) => JSON.stringify({ file, boxes: [[20, 30, 60, 50]], labels: ["thing"] });
  await writeFile(inside("boxes.jsonl"), `${line("photos/0.jpg")}\n${line("photos/1.jpg")}\n`);
  const images = [3, 4].map((id) => ({ id, file_name: `${id}.jpg` }));
  const annotations = [
    { image_id: 3, bbox: [10, 10, 80, 60], iscrowd: 0 },
    { image_id: 3, bbox: [0, 0, 200, 150], iscrowd: 1 },
    { image_id: 4, bbox: [50.5, 40.25, 70, 70] },
  ];
  await writeFile(inside("coco/instances.json"), JSON.stringify({ images, annotations }));
  for (const [i, difficulty] of (["plain", "out-of-view"] as const).entries()) {
    const clip = synthesise(7 + i, { width: 160, height: 120, frames: 12, difficulty });
    await writeSequence(inside("clips", `clip_${i}`), clip);
  }
  for (let i = 0; i < 3; i++) {
    const { levels } = inventObject(createRandom(50 + i), 60);
    const { width, height, data } = levels[0]!;
    await sharp(data, { raw: { width, height, channels: 4 } })
      .webp({ quality: 90 })
      .toFile(inside("cutouts", `${i}.webp`));
  }
  return {
    folder,
    roots: {
      photos: [inside("photos")],
      boxes: [inside("boxes.jsonl"), inside("coco/instances.json")],
      clips: [inside("clips")],
      cutouts: [inside("cutouts")],
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
