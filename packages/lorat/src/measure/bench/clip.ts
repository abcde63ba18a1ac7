import { join } from "node:path";
import type { Box } from "@lorat/core";
import { openVideo } from "../../media/video-reader.ts";
import { createVideoWriter } from "../../media/video-writer.ts";
import { synthesise } from "../../synth/synthesise.ts";

/** A video and the boxes on its first frame. */
export interface Clip {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly box: Box;
}

/** Frames that are really drawn; the clip runs through them forth and back. */
const drawn = 16;

/** Writes an H.264 clip of an invented scene, the same at every call. */
export async function makeClip(folder: string, width: number, height: number, frames: number): Promise<Clip> {
  const path = join(folder, `clip-${width}x${height}-${frames}.mp4`);
  const scene = synthesise(3, { width, height, frames: drawn });
  const pictures = Array.from({ length: Math.min(drawn, frames) }, (_, i) => scene.render(i));
  const writer = await createVideoWriter(path, { width, height, fps: 25, force: true });
  const period = Math.max(2 * (pictures.length - 1), 1);
  for (let index = 0; index < frames; index++) {
    const at = index % period;
    const { frame } = pictures[Math.min(at, period - at)]!;
    await writer.add({ ...frame, index });
  }
  await writer.commit();
  return { path, width, height, frames, box: pictures[0]!.box! };
}

/** A clip out of a user's video. */
export async function givenClip(path: string, box: Box): Promise<Clip> {
  const source = await openVideo(path);
  const { width, height, frameCount = Number.POSITIVE_INFINITY } = source;
  await source.dispose();
  return { path, width, height, frames: frameCount, box };
}

/** Boxes of one size side by side, the first on the clip's target. */
export function sideBySide({ box, width, height }: Clip, count: number): Box[] {
  return Array.from({ length: count }, (_, i) => ({
    ...box,
    x: (box.x + (i * width) / count) % (width - box.width),
    y: Math.min(box.y, height - box.height),
  }));
}
