import type { Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { type VideoSample, VideoSampleSink } from "mediabunny";
import type { FrameRange } from "./frame-source.ts";
import { orientPixels } from "./orient.ts";
import { isShown, openVideoTrack, readTimes, type VideoInfo, type VideoTrack } from "./video-track.ts";

/** Gives an array of at least nothing and exactly `bytes` bytes to decode into. */
export type TakeBuffer = (bytes: number) => Uint8Array;

/** Timestamps closer than this are the same frame: containers count in ticks, decoders in microseconds. */
const SAME_TIME_SEC = 1e-4;

/** Most frames looked at again at once after a decoding error; more than mediabunny decodes ahead. */
const RECOVERY_LIMIT = 64;

/**
 * Decodes frames `[start, end)` as RGBA in presentation order, on the calling thread. Throws `FRAME_RANGE`,
 * `VIDEO_DECODE_FAILED`, `VIDEO_TRUNCATED`, `VIDEO_SIZE_CHANGED`, each naming the first frame that is not delivered.
 */
export async function* decodeFrames(
  info: VideoInfo,
  { start = 0, end = Number.POSITIVE_INFINITY }: FrameRange,
  takeBuffer: TakeBuffer,
): AsyncGenerator<Frame, void, void> {
  if (info.times && start >= info.times.length) throw startPastEnd(info.path, start, info.times.length);
  if (end <= start) return;
  const video = await openVideoTrack(info.path);
  try {
    let index = info.times ? start : 0;
    for await (const sample of samplesInOrder(info, video, index, end)) {
      try {
        if (index >= start) yield await toFrame(info, sample, index, takeBuffer);
      } finally {
        sample.close();
      }
      if (++index >= end) return;
    }
    if (index <= start) throw startPastEnd(info.path, start, index);
    if (info.missingBytes > 0) throw cutShort(info, index);
  } finally {
    video.input.dispose();
  }
}

/**
 * Samples from frame `first` on, none missing: where the container's index knows a frame that the decoder does not
 * give, or where decoding fails, everything decodable before that frame comes first and then the error.
 */
async function* samplesInOrder(
  info: VideoInfo,
  video: VideoTrack,
  first: number,
  end: number,
): AsyncGenerator<VideoSample, void, void> {
  const times = info.times;
  let next = first;
  let lastTime = Number.NEGATIVE_INFINITY;
  const samples = new VideoSampleSink(video.track).samples(times?.[first]);
  try {
    for (;;) {
      const { value: sample, done } = await samples.next();
      if (done) break;
      const time = sample.timestamp;
      const early = times ? time < times[next]! - SAME_TIME_SEC : !isShown(time, sample.duration);
      if (early) {
        sample.close();
        continue;
      }
      if (times && !(time <= times[next]! + SAME_TIME_SEC)) {
        sample.close();
        throw new Error("the decoder gave no picture for it");
      }
      next++;
      lastTime = time;
      yield sample;
      if (times && next >= times.length) return;
    }
  } catch (cause) {
    yield* samplesBeforeError(info, video, next, lastTime, cause);
  } finally {
    await samples.return();
  }
  if (times && next < Math.min(times.length, end)) {
    throw info.missingBytes > 0
      ? cutShort(info, next)
      : decodeFailed(info, next, "the decoder gave no picture");
  }
}

/**
 * After an error mediabunny drops what it had decoded ahead. This decodes that stretch again, first as one stream
 * and then, for the frames the decoder was still reordering, one by one; at last it throws the error for the
 * first frame that really fails.
 */
async function* samplesBeforeError(
  info: VideoInfo,
  video: VideoTrack,
  next: number,
  lastTime: number,
  cause: unknown,
): AsyncGenerator<VideoSample, void, void> {
  const sink = new VideoSampleSink(video.track);
  const times = info.times ?? (await readTimes(video.track).catch(() => new Float64Array()));
  let position = info.times ? next : times.findIndex((time) => time > lastTime + SAME_TIME_SEC);
  if (position < 0 || position >= times.length) throw decodeFailed(info, next, cause);
  const kept: VideoSample[] = [];
  try {
    try {
      for await (const sample of sink.samples(times[position])) {
        const wanted = times[position + kept.length]!;
        if (Math.abs(sample.timestamp - wanted) > SAME_TIME_SEC) {
          sample.close();
          break;
        }
        if (kept.push(sample) >= RECOVERY_LIMIT) break;
      }
    } catch {
      // the error that is being looked at
    }
    while (kept.length > 0) {
      position++;
      next++;
      yield kept.shift()!;
    }
  } finally {
    for (const sample of kept) sample.close();
  }
  for (; position < times.length; position++, next++) {
    const sample = await sink.getSample(times[position]!).catch(() => null);
    if (!sample) break;
    if (Math.abs(sample.timestamp - times[position]!) > SAME_TIME_SEC) {
      sample.close();
      break;
    }
    yield sample;
  }
  throw decodeFailed(info, next, cause);
}

/** Copies a sample out as displayed, RGBA. */
async function toFrame(
  info: VideoInfo,
  sample: VideoSample,
  index: number,
  takeBuffer: TakeBuffer,
): Promise<Frame> {
  const { codedWidth, codedHeight, rotation, flip, timestamp: timestampSec } = sample;
  const quarter = rotation % 180 !== 0;
  const width = quarter ? codedHeight : codedWidth;
  const height = quarter ? codedWidth : codedHeight;
  if (width !== info.width || height !== info.height) {
    throw new LoratError(
      "VIDEO_SIZE_CHANGED",
      `${info.path}: frame ${index} is ${width}x${height} where the video began with ${info.width}x${info.height}`,
      { hint: "Split the video where its size changes." },
    );
  }
  let data = takeBuffer(width * height * 4);
  try {
    await sample.copyTo(data, { format: "RGBA" });
  } catch (cause) {
    throw decodeFailed(info, index, cause);
  }
  if (rotation !== 0 || flip) {
    const turned = takeBuffer(data.length);
    orientPixels(data, codedWidth, codedHeight, { rotation, flip }, turned);
    data = turned;
  }
  return { width, height, channels: 4, data, index, timestampSec };
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
