import { createReadStream, createWriteStream, type Stats } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { LoratError } from "@lorat/graph";
import type { FetchInputOptions } from "./fetch-input.ts";
import type { FrameSource } from "./frame-source.ts";
import type { ImageFolderOptions } from "./image-folder.ts";
import { type LiveInput, liveInput } from "./live-input.ts";
import type { RawOptions } from "./raw-frames.ts";
import { requireVideoLibraries } from "./video-libraries.ts";

/** How an input is opened. */
export interface OpenFramesOptions extends ImageFolderOptions, FetchInputOptions {
  /** The input is bytes of pixels, of this size, without a container. */
  readonly raw?: RawOptions | undefined;
}

/**
 * Opens a video file, a folder of images, an `http` or `https` address, a camera (`camera:0`, `/dev/video0`), a live address (`rtsp://…`), or
 * `-` for standard input. Encoded videos on standard input, in pipes and behind addresses are read to their end first, raw frames as
 * they come. Throws `INPUT_NOT_FOUND`, `INPUT_UNREADABLE`, `CAMERA_UNAVAILABLE`, `VIDEO_LIBRARY_MISSING`, or what `openVideo`,
 * `openImageFolder`, `openRawFrames` and `openLive` throw.
 */
export async function openFrames(path: string, options: OpenFramesOptions = {}): Promise<FrameSource> {
  if (options.raw) return openRaw(path, options.raw);
  const live = liveInput(path);
  if (live) return openLiveInput(live, path);
  if (/^https?:\/\//i.test(path)) return openAddress(path, options);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    throw new LoratError("INPUT_NOT_FOUND", `${path} is an address of a kind that is not read`, {
      hint: "http, https, rtsp, rtmp, srt and udp are; or download it first.",
    });
  }
  if (isStreamInput(path)) return openStreamed(path, options);
  const info = await existing(path);
  if (!info.isDirectory() && !info.isFile()) return openStreamed(path, options);
  // Each loads libraries that the other has no use for.
  if (info.isDirectory()) return (await import("./image-folder.ts")).openImageFolder(path, options);
  return openVideoFile(path);
}

function existing(path: string): Promise<Stats> {
  return stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") {
      throw new LoratError("INPUT_NOT_FOUND", `${path} does not exist`, {
        hint: "Give a video file, a folder of images, or an address.",
        cause,
      });
    }
    throw new LoratError("INPUT_UNREADABLE", `${path} cannot be read: ${cause.message}`, { cause });
  });
}

async function openRaw(path: string, raw: RawOptions): Promise<FrameSource> {
  if (!isStreamInput(path) && (await existing(path)).isDirectory())
    throw new LoratError("INPUT_UNREADABLE", `${path} is a folder, raw frames come from a file or a pipe`);
  const input = isStreamInput(path) ? process.stdin : createReadStream(path);
  return (await import("./raw-frames.ts")).openRawFrames(input, nameOf(path), raw);
}

async function openLiveInput(live: LiveInput, name: string): Promise<FrameSource> {
  await requireVideoLibraries("read");
  return (await import("./live.ts")).openLive(live, name);
}

async function openAddress(address: string, options: FetchInputOptions): Promise<FrameSource> {
  const file = temporaryFile();
  const { fetchInput } = await import("./fetch-input.ts");
  const found = await fetchInput(address, file, options).catch(async (error: unknown) => {
    await rm(file, { force: true });
    throw error;
  });
  return found === "live" ? openLiveInput({ url: address }, address) : openTemporary(file, address);
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

/** How an input is called in messages. */
function nameOf(path: string): string {
  return isStreamInput(path) ? "standard input" : path;
}

let streams = 0;

function temporaryFile(): string {
  return join(tmpdir(), `lorat-input.${process.pid}.${streams++}`);
}

/** Reads a stream to its end into a file of the folder for temporary files and opens that: containers keep their index anywhere. */
async function openStreamed(path: string, { signal }: FetchInputOptions): Promise<FrameSource> {
  const file = temporaryFile();
  const input = isStreamInput(path) ? process.stdin : createReadStream(path);
  try {
    const target = createWriteStream(file, { flags: "wx", mode: 0o600 });
    await pipeline(input, target, signal ? { signal } : {});
  } catch (cause) {
    await rm(file, { force: true });
    if (signal?.aborted) throw signal.reason;
    const reason = `${path} cannot be read to its end: ${(cause as Error).message}`;
    throw new LoratError("INPUT_UNREADABLE", reason, { cause });
  }
  return openTemporary(file, path);
}

/** Opens a file that goes when the source is disposed of; errors name what it was read from. */
async function openTemporary(file: string, path: string): Promise<FrameSource> {
  try {
    const source = await openVideoFile(file);
    const dispose = async () => {
      await source.dispose();
      await rm(file, { force: true });
    };
    return { ...source, dispose };
  } catch (cause) {
    await rm(file, { force: true });
    if (!(cause instanceof LoratError)) throw cause;
    throw new LoratError(cause.code, cause.message.replace(file, path), { ...cause, cause });
  }
}
