import { type FileHandle, open } from "node:fs/promises";
import { LoratError } from "@lorat/graph";
import {
  type EncodedPacket,
  EncodedPacketSink,
  FilePathSource,
  Input,
  type InputVideoTrack,
  UnsupportedInputFormatError,
} from "mediabunny";
import { type DeclaredSize, readDeclaredSize } from "./declared-size.ts";
import { hasInvolvedEdits } from "./edit-list.ts";
import { FFMPEG_FORMAT_NAMES, inspectWithFfmpeg } from "./ffmpeg-video.ts";
import { silenceMediaLogs, VIDEO_FORMAT_NAMES, VIDEO_FORMATS } from "./media-libraries.ts";
import type { Orientation } from "./orient.ts";
import { canDecode, VIDEO_CODEC_NAMES, VideoDecoder } from "./video-decoder.ts";
import type { VideoInfo } from "./video-info.ts";

/** An open video: dispose of `input` when done. */
interface VideoTrack {
  readonly input: Input;
  readonly track: InputVideoTrack;
}

/**
 * Opens the first video track of `path`. Throws `VIDEO_EMPTY` (zero bytes), `VIDEO_NOT_RECOGNISED` (no known
 * container), `VIDEO_TRUNCATED` (the index lies in the missing part), `VIDEO_NO_TRACK`, `VIDEO_CODEC_UNKNOWN`.
 */
export async function openVideoTrack(path: string): Promise<VideoTrack & { missingBytes: number }> {
  const declared = await inspectFile(path);
  silenceMediaLogs();
  const input = new Input({ source: new FilePathSource(path), formats: VIDEO_FORMATS });
  try {
    const track = await input.getPrimaryVideoTrack();
    if (!track) throw await noTrack(path, input, declared);
    const known = await track.getCodec();
    if (!canDecode(known)) {
      const codec = known ?? (await track.getInternalCodecId()) ?? "not named";
      throw new LoratError("VIDEO_CODEC_UNKNOWN", `${path}: cannot decode the video codec '${codec}'`, {
        hint: `Decodable: ${VIDEO_CODEC_NAMES}. Re-encode, for example: ffmpeg -i IN -c:v libx264 OUT.mp4`,
      });
    }
    return { input, track, missingBytes: Math.max(0, (declared.bytes ?? 0) - declared.sizeBytes) };
  } catch (error) {
    input.dispose();
    if (error instanceof UnsupportedInputFormatError) {
      throw new LoratError("VIDEO_NOT_RECOGNISED", `${path} is not a video in a known container`, {
        hint: `Readable containers: ${VIDEO_FORMAT_NAMES}, ${FFMPEG_FORMAT_NAMES}; or a folder of images.`,
        cause: error,
      });
    }
    if (error instanceof LoratError) throw error;
    throw new LoratError("VIDEO_BROKEN", `${path} cannot be opened as a video: ${text(error)}`, {
      cause: error,
    });
  }
}

/**
 * Opens `path`, decodes its first frame for the true size, reads the index where it is cheap, and closes it.
 * Throws what {@link openVideoTrack} throws, `VIDEO_NO_FRAMES`, and `VIDEO_DECODE_FAILED` for the first frame.
 */
export async function inspectVideo(path: string): Promise<VideoInfo> {
  const opened = await openVideoTrack(path).catch((error: unknown) => withFfmpeg(path, error));
  if (!("input" in opened)) return opened;
  const { input, track, missingBytes } = opened;
  try {
    const orientation: Orientation = { rotation: await track.getRotation(), flip: await track.getFlip() };
    const first = await firstPicture(path, track);
    const [width, height] =
      orientation.rotation % 180 === 0 ? [first.width, first.height] : [first.height, first.width];
    const format = (await input.getFormat()).name;
    // Edit lists of several parts, or that end early: FFmpeg's reader shows what they mean.
    if (await hasInvolvedEdits(path)) {
      const info = await inspectWithFfmpeg(path, missingBytes);
      if (info) return { ...info, width, height, orientation };
    }
    const indexed = format === "MP4" || format.startsWith("QuickTime");
    // Frames before the first picture refer to others from before the cut: no decoder can show them.
    const times = indexed ? (await readTimes(track)).filter(({ us }) => us >= first.timestampUs) : undefined;
    const fps = averageRate(times ?? (await readTimes(track, 100)));
    const timesUs = times && { timesUs: Float64Array.from(times, ({ us }) => us) };
    const seconds = times && Float64Array.from(times, ({ seconds }) => seconds);
    return { path, width, height, orientation, fps, times: seconds, ...timesUs, missingBytes };
  } finally {
    input.dispose();
  }
}

/** What FFmpeg's reader finds of a file that mediabunny does not read; throws `error` where it cannot either. */
async function withFfmpeg(path: string, error: unknown): Promise<VideoInfo> {
  const tryIt = error instanceof LoratError && TRIED_AGAIN.has(error.code);
  const info = tryIt ? await inspectWithFfmpeg(path, 0) : undefined;
  if (info) return info;
  throw error;
}

const TRIED_AGAIN: ReadonlySet<string> = new Set([
  "VIDEO_NOT_RECOGNISED",
  "VIDEO_CODEC_UNKNOWN",
  "VIDEO_NO_TRACK",
]);

interface FrameTime {
  readonly seconds: number;
  readonly us: number;
}

/** Presentation times of all frames in order; frames before time zero are never shown. */
async function readTimes(track: InputVideoTrack, atMost = Number.POSITIVE_INFINITY): Promise<FrameTime[]> {
  const times: FrameTime[] = [];
  const packets = new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true });
  for await (const packet of packets) {
    const { timestamp: seconds, microsecondTimestamp: us } = packet;
    if (isShown(us)) times.push({ seconds, us });
    if (times.length >= atMost) break;
  }
  return times.sort((a, b) => a.seconds - b.seconds);
}

/**
 * Whether a frame is ever shown: an edit list can place leading frames before time zero. One that begins before it and lasts
 * beyond is not decoded by FFmpeg either.
 */
export function isShown(timestampUs: number): boolean {
  return !(timestampUs < 0);
}

async function firstPicture(path: string, track: InputVideoTrack) {
  let decoder: VideoDecoder | undefined;
  try {
    decoder = await VideoDecoder.open(track);
    const sink = new EncodedPacketSink(track);
    const first = await firstPacket(sink);
    if (!first) throw noFrames(path);
    for await (const packet of sink.packets(first)) {
      decoder.send(packet);
      while (decoder.receive()) {
        const { width, height, timestampUs } = decoder;
        if (isShown(timestampUs)) return { width, height, timestampUs };
      }
    }
    decoder.send(null);
    if (decoder.receive())
      return { width: decoder.width, height: decoder.height, timestampUs: decoder.timestampUs };
  } catch (cause) {
    if (cause instanceof LoratError) throw cause;
    throw new LoratError("VIDEO_DECODE_FAILED", `${path}: frame 0 cannot be decoded: ${text(cause)}`, {
      cause,
    });
  } finally {
    decoder?.close();
  }
  throw noFrames(path);
}

/** Where decoding from the beginning starts: the first packet that the container calls a key frame. */
export async function firstPacket(sink: EncodedPacketSink): Promise<EncodedPacket | null> {
  return (await sink.getFirstKeyPacket()) ?? (await sink.getFirstPacket());
}

function averageRate(times: readonly FrameTime[]): number | undefined {
  const spanSec = times.length > 1 ? times.at(-1)!.seconds - times[0]!.seconds : 0;
  return spanSec > 0 ? (times.length - 1) / spanSec : undefined;
}

function noFrames(path: string): LoratError {
  return new LoratError("VIDEO_NO_FRAMES", `${path}: the video track holds no frames`);
}

async function noTrack(path: string, input: Input, declared: DeclaredSize): Promise<LoratError> {
  const tracks = await input.getTracks();
  const cutShort = declared.container === "isobmff" ? !declared.hasIndex : tracks.length === 0;
  if (cutShort) {
    return new LoratError("VIDEO_TRUNCATED", `${path} is cut short: its index of frames is missing`, {
      hint: "The file was probably not fully copied or recorded; without the index nothing of it can be read.",
    });
  }
  const others = tracks.length === 0 ? "no tracks at all" : `only ${tracks.map((t) => t.type).join(", ")}`;
  return new LoratError("VIDEO_NO_TRACK", `${path} has no video track: it holds ${others}`);
}

async function inspectFile(path: string): Promise<DeclaredSize & { sizeBytes: number }> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (cause) {
    throw new LoratError("INPUT_UNREADABLE", `${path} cannot be opened: ${text(cause)}`, { cause });
  }
  try {
    const { size } = await file.stat();
    if (size === 0) throw new LoratError("VIDEO_EMPTY", `${path} is empty (zero bytes)`);
    return { ...(await readDeclaredSize(file, size)), sizeBytes: size };
  } finally {
    await file.close();
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
