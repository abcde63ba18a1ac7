import type { Frame } from "@lorat/core";
import { type EncodedPacket, EncodedPacketSink, type InputVideoTrack } from "mediabunny";
import { decodeWithFfmpeg } from "./ffmpeg-video.ts";
import type { FrameRange } from "./frame-source.ts";
import type { SpareBuffers } from "./spare-buffers.ts";
import { copyPicture, cutShort, decodeFailed, startPastEnd } from "./video-copy.ts";
import { VideoDecoder } from "./video-decoder.ts";
import type { VideoInfo } from "./video-info.ts";
import { firstPacket, isShown, openVideoTrack } from "./video-track.ts";

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
  if (info.reader === "ffmpeg") {
    yield* decodeWithFfmpeg(info, { start, end }, spares);
    return;
  }
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

/**
 * Moves the decoder from frame to frame, beginning at `first`, with none left out. Frames are told by their times in whole
 * microseconds, which the decoder hands on as they are; of frames with the same time the first comes first.
 */
async function* picturesInOrder(
  { times, timesUs }: VideoInfo,
  track: InputVideoTrack,
  decoder: VideoDecoder,
  first: number,
): AsyncGenerator<Picture, void, void> {
  let next = first;
  let failure: unknown;
  let failedAtUs = Number.POSITIVE_INFINITY;
  // Frames before `first` that have its time.
  let toSkip = timesUs ? first - timesUs.indexOf(timesUs[first]!) : 0;

  function* takePictures(): Generator<Picture, void, void> {
    while (decoder.receive()) {
      const time = decoder.timestampUs;
      const early = timesUs ? time < timesUs[next]! : !isShown(time);
      if (early) continue;
      if (toSkip > 0 && time === timesUs?.[first]) {
        toSkip--;
        continue;
      }
      const late = timesUs ? !(time <= timesUs[next]!) : time >= failedAtUs;
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
      failedAtUs = packet?.microsecondTimestamp ?? failedAtUs;
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
