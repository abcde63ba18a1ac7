import { stat } from "node:fs/promises";
import { LoratError } from "@lorat/graph";
import type { FrameSource } from "./frame-source.ts";

/**
 * Opens a video file or a folder of images. Throws `INPUT_NOT_FOUND`, `INPUT_UNREADABLE`, or what `openVideo` and
 * `openImageFolder` throw.
 */
export async function openFrames(path: string): Promise<FrameSource> {
  const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") {
      throw new LoratError("INPUT_NOT_FOUND", `${path} does not exist`, {
        hint: "Give a video file or a folder of images.",
        cause,
      });
    }
    throw new LoratError("INPUT_UNREADABLE", `${path} cannot be read: ${cause.message}`, { cause });
  });
  // Each loads libraries that the other has no use for.
  if (info.isDirectory()) return (await import("./image-folder.ts")).openImageFolder(path);
  return (await import("./video-reader.ts")).openVideo(path);
}
