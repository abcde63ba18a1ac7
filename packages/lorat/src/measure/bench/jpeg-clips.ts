import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "@lorat/core/training";
import sharp from "sharp";
import { inventBackdrop } from "../../synth/backdrop.ts";

const [width, height, framesPerClip] = [1280, 720, 10];
/** What the view moves by from frame to frame. */
const [stepX, stepY] = [20, 10];

/**
 * Writes a dataset of 1280x720 JPEG files, a folder a clip with boxes in `groundtruth.txt`: views that move over invented
 * scenery with a camera's noise. Returns the pictures' paths.
 */
export async function writeJpegClips(folder: string, clips: number): Promise<string[]> {
  const paths: string[] = [];
  for (let clip = 0; clip < clips; clip++) {
    const random = createRandom(clip);
    const info = {
      width: width + stepX * framesPerClip,
      height: height + stepY * framesPerClip,
      channels: 3,
    } as const;
    const { data } = inventBackdrop(random, info.width, info.height);
    for (let i = 0; i < data.length; i++) data[i] = data[i]! + random.normal(0, 3);
    const clipFolder = join(folder, `clip${clip}`);
    await mkdir(clipFolder, { recursive: true });
    const boxes: string[] = [];
    for (let frame = 0; frame < framesPerClip; frame++) {
      const path = join(clipFolder, `${String(frame + 1).padStart(8, "0")}.jpg`);
      await sharp(data, { raw: info })
        .extract({ left: stepX * frame, top: stepY * frame, width, height })
        .jpeg({ quality: 90 })
        .toFile(path);
      const [w, h] = [random.logUniform(40, 320), random.logUniform(40, 240)];
      const box = [random.uniform(0, width - w), random.uniform(0, height - h), w, h];
      boxes.push(box.map((value) => value.toFixed(2)).join(","));
      paths.push(path);
    }
    await writeFile(join(clipFolder, "groundtruth.txt"), `${boxes.join("\n")}\n`);
  }
  return paths;
}
