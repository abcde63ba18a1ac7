import { join } from "node:path";
import { openFrames } from "../media/open-frames.ts";
import type { AnnotationSource, PictureSize } from "./annotation-source.ts";
import { type FrameNames, type FramePattern, numberedFrames } from "./frame-names.ts";

/** Names of the pictures that a video is unpacked to; the number is the frame's in the video. */
export const UNPACKED_FRAME: FramePattern = { prefix: "", digits: 8, suffix: ".jpg" };

const VIDEO_EXTENSIONS = /\.(mp4|m4v|mov|mkv|webm|ts|mts)$/i;

export function isVideo(name: string): boolean {
  return VIDEO_EXTENSIONS.test(name);
}

/**
 * Size and frames of a video, from its header; `rows` stands for the number of frames where only decoding would tell it.
 * Throws what `openFrames` throws.
 */
export async function videoFrames(
  source: AnnotationSource,
  video: string,
  rows: number,
): Promise<{ size: PictureSize; frames: FrameNames }> {
  source.watch(video);
  const frames = await openFrames(join(source.root, video));
  const { width, height, frameCount = rows } = frames;
  await frames.dispose();
  return { size: { width, height }, frames: numberedFrames(UNPACKED_FRAME, 0, frameCount) };
}
