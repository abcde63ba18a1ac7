import type { Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { orientPixels } from "./orient.ts";
import type { SpareBuffers } from "./spare-buffers.ts";
import type { VideoDecoder } from "./video-decoder.ts";
import type { VideoInfo } from "./video-info.ts";

/** Copies the decoder's picture out as displayed. */
export function copyPicture(
  info: VideoInfo,
  decoder: VideoDecoder,
  index: number,
  spares: SpareBuffers,
): Frame {
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
    timestampSec: info.times?.[index] ?? timeOf(info, decoder, index),
  };
}

export function startPastEnd(path: string, start: number, frameCount: number): LoratError {
  return new LoratError("FRAME_RANGE", `${path} has ${frameCount} frames: there is no frame ${start}`, {
    hint: "Frames are counted from 0.",
  });
}

export function cutShort(info: VideoInfo, index: number): LoratError {
  const bytes = `${info.missingBytes} bytes are missing at the end`;
  return new LoratError(
    "VIDEO_TRUNCATED",
    `${info.path} is cut short: frame ${index} is not there (${bytes})`,
  );
}

export function decodeFailed(info: VideoInfo, index: number, cause: unknown): LoratError {
  if (info.missingBytes > 0) return cutShort(info, index);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LoratError("VIDEO_DECODE_FAILED", `${info.path}: frame ${index} cannot be decoded: ${reason}`, {
    cause,
  });
}

/** Some containers keep no times for their frames: then the rate tells them. */
function timeOf({ fps = 25 }: VideoInfo, { timestampSec }: VideoDecoder, index: number): number {
  return Number.isFinite(timestampSec) ? timestampSec : index / fps;
}
