import type { Frame } from "@lorat/core";
import { asyncDisposeSymbol, LoratError } from "@lorat/graph";
import { Dictionary, FFmpegError, FormatContext, InputFormat } from "node-av/lib";
import { closeFfmpeg, type FfmpegVideo, firstVideo, pictures } from "./ffmpeg-video.ts";
import type { FrameRange, FrameSource } from "./frame-source.ts";
import type { LiveInput } from "./live-input.ts";
import { silenceMediaLogs } from "./media-libraries.ts";
import { SpareBuffers } from "./spare-buffers.ts";
import { copyPicture, decodeFailed } from "./video-copy.ts";

/**
 * Opens a camera or a live address. Frames come once, as they are taken; those that come while the network is busy wait in the system's
 * own short queue, and are lost where that is full. Throws `CAMERA_UNAVAILABLE` for devices, `INPUT_UNREADABLE` for addresses.
 */
export async function openLive(input: LiveInput, name: string): Promise<FrameSource> {
  const video = await openInput(input, name);
  const decoded = pictures(video);
  const first = await decoded.next().catch((cause: unknown) => ({ done: true, cause }) as const);
  if (first.done) {
    await closeFfmpeg(video);
    throw unavailable(input, name, "cause" in first ? first.cause : "no picture came");
  }
  const { decoder, stream } = video;
  const { width, height } = decoder;
  const { num, den } = stream.avgFrameRate;
  const fps = num > 0 && den > 0 ? num / den : undefined;
  const orientation = { rotation: 0, flip: false } as const;
  const info = { path: name, width, height, orientation, fps, times: undefined, missingBytes: 0 };
  const spares = new SpareBuffers();

  async function* frames({
    start = 0,
    end = Number.POSITIVE_INFINITY,
  }: FrameRange = {}): AsyncGenerator<Frame> {
    for (let index = 0; index < end; index++) {
      if (index > 0 && (await next(index))) return;
      if (index >= start) yield copyPicture(info, decoder, index, spares);
    }
  }

  async function next(index: number): Promise<boolean> {
    try {
      return Boolean((await decoded.next()).done);
    } catch (error) {
      throw decodeFailed(info, index, error);
    }
  }

  const source: FrameSource = {
    kind: "video",
    width,
    height,
    fps,
    frameCount: undefined,
    frames,
    recycle: (frame) => spares.give(frame.data),
    dispose: async () => {
      await decoded.return();
      await closeFfmpeg(video);
      spares.clear();
    },
    [asyncDisposeSymbol]() {
      return this.dispose();
    },
  };
  return source;
}

async function openInput(input: LiveInput, name: string): Promise<FfmpegVideo> {
  silenceMediaLogs();
  const format = input.format === undefined ? null : InputFormat.findInputFormat(input.format);
  if (input.format !== undefined && !format)
    throw unavailable(input, name, `FFmpeg was built without ${input.format}`);
  const context = new FormatContext();
  context.allocContext();
  try {
    FFmpegError.throwIfError(await context.openInput(input.url, format, Dictionary.fromObject({})), "open");
    return await firstVideo(context);
  } catch (cause) {
    await context.closeInput().catch(() => {});
    throw unavailable(input, name, cause);
  }
}

function unavailable({ format, url }: LiveInput, name: string, cause: unknown): LoratError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (format === undefined)
    return new LoratError("INPUT_UNREADABLE", `${name} cannot be opened: ${reason}`, { cause });
  return new LoratError("CAMERA_UNAVAILABLE", `${name} cannot be opened: ${reason}`, {
    hint: `Is a camera connected as ${url}, may you read it, and does no other program use it?`,
    cause,
  });
}
