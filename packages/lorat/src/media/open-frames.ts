import { createReadStream, createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { LoratError } from "@lorat/graph";
import type { FrameSource } from "./frame-source.ts";
import type { ImageFolderOptions } from "./image-folder.ts";
import { requireVideoLibraries } from "./video-libraries.ts";

/**
 * Opens a video file or a folder of images; `-`, pipes and devices are read to their end first. Throws `INPUT_NOT_FOUND`,
 * `INPUT_UNREADABLE`, `VIDEO_LIBRARY_MISSING`, or what `openVideo` and
 * `openImageFolder` throw.
 */
export async function openFrames(path: string, options: ImageFolderOptions = {}): Promise<FrameSource> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    throw new LoratError("INPUT_NOT_FOUND", `${path} is an address, a file or folder was expected`, {
      hint: `Download it first, for example: curl -L -o video.mp4 '${path}'; or curl -L '${path}' | lorat track - …`,
    });
  }
  if (isStreamInput(path)) return openStreamed(path);
  const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") {
      throw new LoratError("INPUT_NOT_FOUND", `${path} does not exist`, {
        hint: "Give a video file or a folder of images.",
        cause,
      });
    }
    throw new LoratError("INPUT_UNREADABLE", `${path} cannot be read: ${cause.message}`, { cause });
  });
  if (!info.isDirectory() && !info.isFile()) return openStreamed(path);
  // Each loads libraries that the other has no use for.
  if (info.isDirectory()) return (await import("./image-folder.ts")).openImageFolder(path, options);
  return openVideoFile(path);
}

async function openVideoFile(path: string): Promise<FrameSource> {
  await requireVideoLibraries("read");
  return (await import("./video-reader.ts")).openVideo(path);
}

const STDIN = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

/** Whether a path names standard input. */
export function isStreamInput(path: string): boolean {
  return STDIN.includes(path);
}

let streams = 0;

/**
 * Reads a stream to its end into a file of the folder for temporary files and opens that: containers keep their index anywhere.
 * The file goes when the source is disposed of.
 */
async function openStreamed(path: string): Promise<FrameSource> {
  const file = join(tmpdir(), `lorat-input.${process.pid}.${streams++}`);
  const input = isStreamInput(path) ? process.stdin : createReadStream(path);
  try {
    await pipeline(input, createWriteStream(file, { flags: "wx", mode: 0o600 }));
    const source = await openVideoFile(file);
    const dispose = async () => {
      await source.dispose();
      await rm(file, { force: true });
    };
    return { ...source, dispose };
  } catch (cause) {
    await rm(file, { force: true });
    if (cause instanceof LoratError) {
      throw new LoratError(cause.code, cause.message.replace(file, path), { ...cause, cause });
    }
    throw new LoratError(
      "INPUT_UNREADABLE",
      `${path} cannot be read to its end: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}
