import type { Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { AVERROR_EOF, AVMEDIA_TYPE_VIDEO } from "node-av/constants";
import { Dictionary, FFmpegError, FormatContext, Packet, type Stream } from "node-av/lib";
import type { FrameRange } from "./frame-source.ts";
import { silenceMediaLogs } from "./media-libraries.ts";
import type { SpareBuffers } from "./spare-buffers.ts";
import { copyPicture, decodeFailed, startPastEnd } from "./video-copy.ts";
import { VideoDecoder } from "./video-decoder.ts";
import type { VideoInfo } from "./video-info.ts";

/**
 * Containers that FFmpeg may open, by its own names: those that hold pictures themselves. Playlists and scripts are left out,
 * since they would make a local file reach for others.
 */
const FORMATS = [
  ...["avi", "asf", "gif", "apng", "flv", "mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm"],
  ...[
    "mpeg",
    "mpegvideo",
    "mpegts",
    "m4v",
    "h264",
    "hevc",
    "mjpeg",
    "ogg",
    "nut",
    "mxf",
    "dv",
    "yuv4mpegpipe",
  ],
].join(",");

/** Names of the containers beyond those that mediabunny reads, for people. */
export const FFMPEG_FORMAT_NAMES = "AVI, WMV, GIF, FLV, MPEG, Ogg, MXF";

export interface FfmpegVideo {
  readonly context: FormatContext;
  readonly stream: Stream;
  readonly decoder: VideoDecoder;
}

/** Opens the first video stream of a file with FFmpeg's own reader; undefined where that cannot. */
async function openWithFfmpeg(path: string): Promise<FfmpegVideo | undefined> {
  silenceMediaLogs();
  const context = new FormatContext();
  context.allocContext();
  const options = Dictionary.fromObject({ format_whitelist: FORMATS, protocol_whitelist: "file" });
  try {
    FFmpegError.throwIfError(await context.openInput(`file:${path}`, null, options), "open");
    return await firstVideo(context);
  } catch {
    await context.closeInput().catch(() => {});
    return undefined;
  }
}

/** The first video stream of an opened input, with its decoder. Throws where there is none, or none that can be decoded. */
export async function firstVideo(context: FormatContext): Promise<FfmpegVideo> {
  FFmpegError.throwIfError(await context.findStreamInfo(), "streams");
  const index = context.findBestStream(AVMEDIA_TYPE_VIDEO);
  const stream = index >= 0 ? context.streams[index] : undefined;
  if (!stream) throw new Error("no video stream");
  return { context, stream, decoder: await VideoDecoder.openStream(stream) };
}

/**
 * What opening a video with FFmpeg finds out; undefined where that cannot either, or where no picture comes of it. The number
 * of frames is not known: only decoding tells it.
 */
export async function inspectWithFfmpeg(path: string, missingBytes: number): Promise<VideoInfo | undefined> {
  const video = await openWithFfmpeg(path);
  if (!video) return undefined;
  const { decoder, stream } = video;
  try {
    for await (const _ of pictures(video)) {
      const { width, height } = decoder;
      const { num, den } = stream.avgFrameRate;
      const fps = num > 0 && den > 0 ? num / den : undefined;
      const orientation = { rotation: 0, flip: false } as const;
      return { path, width, height, orientation, fps, times: undefined, missingBytes, reader: "ffmpeg" };
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    await closeFfmpeg(video);
  }
}

/**
 * Frames `[start, end)` as FFmpeg decodes them, always from the beginning on: these containers have no index that names
 * frames. Throws as `decodeFrames`.
 */
export async function* decodeWithFfmpeg(
  info: VideoInfo,
  { start = 0, end = Number.POSITIVE_INFINITY }: FrameRange,
  spares: SpareBuffers,
): AsyncGenerator<Frame, void, void> {
  if (end <= start) return;
  const video = await openWithFfmpeg(info.path);
  if (!video) throw new LoratError("VIDEO_BROKEN", `${info.path} cannot be opened as a video any more`);
  let index = 0;
  try {
    for await (const _ of pictures(video)) {
      if (index >= start) yield copyPicture(info, video.decoder, index, spares);
      if (++index >= end) return;
    }
  } catch (error) {
    if (error instanceof LoratError) throw error;
    throw decodeFailed(info, index, error);
  } finally {
    await closeFfmpeg(video);
  }
  if (index <= start) throw startPastEnd(info.path, start, index);
  if (info.missingBytes > 0) throw decodeFailed(info, index, "the file ends early");
}

/** Makes the decoder's current picture the next one of the stream, as often as there is one. */
export async function* pictures({ context, stream, decoder }: FfmpegVideo): AsyncGenerator<void, void, void> {
  const packet = new Packet();
  packet.alloc();
  try {
    for (;;) {
      const code = await context.readFrame(packet);
      if (code === AVERROR_EOF) break;
      FFmpegError.throwIfError(code, "read");
      if (packet.streamIndex === stream.index) decoder.sendPacket(packet, stream.timeBase);
      packet.unref();
      while (decoder.receive()) yield;
    }
    decoder.send(null);
    while (decoder.receive()) yield;
  } finally {
    packet.free();
  }
}

export async function closeFfmpeg({ context, decoder }: FfmpegVideo): Promise<void> {
  decoder.close();
  await context.closeInput();
}
