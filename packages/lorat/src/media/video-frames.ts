import type { Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { type EncodedPacket, EncodedPacketSink, type InputVideoTrack } from "mediabunny";
import type { FrameRange } from "./frame-source.ts";
import { orientPixels } from "./orient.ts";
import type { SpareBuffers } from "./spare-buffers.ts";
import { VideoDecoder } from "./video-decoder.ts";
import { firstPacket, isShown, openVideoTrack, type VideoInfo } from "./video-track.ts";

/** Timestamps closer than this are the same frame: containers count in ticks, decoders in microseconds. */
const SAME_TIME_SEC = 1e-4;

/**
 * Decodes frames `[start, end)` as RGBA in presentation order, on the calling thread. Where a packet cannot be
 * decoded, every frame that is whole before it is delivered first. Throws `FRAME_RANGE`, `VIDEO_DECODE_FAILED`,
 * `VIDEO_TRUNCATED`, `VIDEO_SIZE_CHANGED`, each naming the first frame that is not delivered.
 */
export async function* decodeFrames(
  info: VideoInfo,
  { start = 0, end = Number.POSITIVE_INFINITY }: FrameRange,
  spares: SpareBuffers,
): AsyncGenerator<Frame, void, void> {
  const { times } = info;
  if (times && start >= times.length) throw startPastEnd(info.path, start, times.length);
  if (end <= start) return;
  const { input, track } = await openVideoTrack(info.path);
  let decoder: VideoDecoder | undefined;
  try {
    decoder = await VideoDecoder.open(track);
    let index = times ? start : 0;
    for await (const picture of picturesInOrder(info, track, decoder, index)) {
      if (picture.failure !== undefined) throw decodeFailed(info, index, picture.failure);
      if (index >= start) yield copyPicture(info, decoder, index, spares);
      if (++index >= end) return;
    }
    if (index <= start) throw startPastEnd(info.path, start, index);
    if (info.missingBytes > 0) throw cutShort(info, index);
    if (times && index < times.length) throw decodeFailed(info, index, "the decoder gave no picture for it");
  } finally {
    decoder?.close();
    input.dispose();
  }
}

/** Whether the decoder holds the next frame now, or why there is none. */
interface Picture {
  readonly failure: unknown;
}

/** Moves the decoder from frame to frame, beginning at `first`, with none left out. */
async function* picturesInOrder(
  { times }: VideoInfo,
  track: InputVideoTrack,
  decoder: VideoDecoder,
  first: number,
): AsyncGenerator<Picture, void, void> {
  let next = first;
  let failure: unknown;
  let failedAt = Number.POSITIVE_INFINITY;

  function* takePictures(): Generator<Picture, void, void> {
    while (decoder.receive()) {
      const time = decoder.timestampSec;
      const early = times ? time < times[next]! - SAME_TIME_SEC : !isShown(time, decoder.durationSec);
      if (early) continue;
      const late = times ? !(time <= times[next]! + SAME_TIME_SEC) : time >= failedAt;
      if (late) failure ??= "the decoder gave no picture for it";
      if (late) return;
      yield { failure: undefined };
      next++;
    }
  }

  const packets = packetsFrom(track, times?.[first]);
  for (;;) {
    let packet: EncodedPacket | undefined;
    try {
      packet = (await packets.next()).value ?? undefined;
      decoder.send(packet ?? null);
    } catch (error) {
      failure = error ?? "unknown";
      failedAt = packet?.timestamp ?? failedAt;
      decoder.send(null); // what was still being reordered is whole
    }
    yield* takePictures();
    if (failure !== undefined) yield { failure };
    if (failure !== undefined || !packet) break;
  }
  await packets.return();
}

/** Packets in the order of decoding, from the key frame at or before `time`. */
async function* packetsFrom(
  track: InputVideoTrack,
  time: number | undefined,
): AsyncGenerator<EncodedPacket, void> {
  const sink = new EncodedPacketSink(track);
  const key = time === undefined ? null : await sink.getKeyPacket(time, { verifyKeyPackets: true });
  const first = key ?? (await firstPacket(sink));
  if (first) yield* sink.packets(first);
}

/** Copies the decoder's picture out as displayed. */
function copyPicture(info: VideoInfo, decoder: VideoDecoder, index: number, spares: SpareBuffers): Frame {
  const { width, height } = decoder;
  const { rotation, flip } = info.orientation;
  const quarter = rotation % 180 !== 0;
  const [shownWidth, shownHeight] = quarter ? [height, width] : [width, height];
  if (shownWidth !== info.width || shownHeight !== info.height) {
    throw new LoratError(
      "VIDEO_SIZE_CHANGED",
      `${info.path}: frame ${index} is ${shownWidth}x${shownHeight} where the video began with ${info.width}x${info.height}`,
      { hint: "Split the video where its size changes." },
    );
  }
  const bytes = width * height * 4;
  let array = spares.take(bytes);
  try {
    decoder.writeRgba(array);
  } catch (cause) {
    throw decodeFailed(info, index, cause);
  }
  if (rotation !== 0 || flip) {
    const turned = spares.take(bytes);
    orientPixels(array, width, height, info.orientation, turned);
    spares.give(array);
    array = turned;
  }
  return {
    width: shownWidth,
    height: shownHeight,
    channels: 4,
    data: array.subarray(0, bytes),
    index,
    timestampSec: info.times?.[index] ?? decoder.timestampSec,
  };
}

function startPastEnd(path: string, start: number, frameCount: number): LoratError {
  return new LoratError("FRAME_RANGE", `${path} has ${frameCount} frames: there is no frame ${start}`, {
    hint: "Frames are counted from 0.",
  });
}

function cutShort(info: VideoInfo, index: number): LoratError {
  const bytes = `${info.missingBytes} bytes are missing at the end`;
  return new LoratError(
    "VIDEO_TRUNCATED",
    `${info.path} is cut short: frame ${index} is not there (${bytes})`,
  );
}

function decodeFailed(info: VideoInfo, index: number, cause: unknown): LoratError {
  if (info.missingBytes > 0) return cutShort(info, index);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LoratError("VIDEO_DECODE_FAILED", `${info.path}: frame ${index} cannot be decoded: ${reason}`, {
    cause,
  });
}
