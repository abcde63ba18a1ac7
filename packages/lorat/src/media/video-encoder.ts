import type { Frame } from "@lorat/core";
import { registerMediabunnyServer } from "@mediabunny/server";
import {
  MkvOutputFormat,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
  type OutputFormat,
  Quality,
  VideoSample,
  VideoSampleSource,
  WebMOutputFormat,
} from "mediabunny";
import { fileTarget } from "./file-target.ts";
import { silenceMediaLogs } from "./media-libraries.ts";
import { addSound, type Sound } from "./sound.ts";
import type { VideoKind } from "./video-kinds.ts";

/** What an encoder has to know before the first frame. */
export interface EncodeJob {
  readonly path: string;
  /** Pixels of the frames to come; odd sizes are padded by one pixel, since H.264 stores colour at half size. */
  readonly width: number;
  readonly height: number;
  /** Times the frames that carry no timestamp of their own. */
  readonly fps: number;
  readonly kind: Exclude<VideoKind, "gif">;
  /** Video whose sound is kept. */
  readonly soundOf?: string;
}

export interface FrameEncoder {
  /** Encodes one frame; its bytes are free again when this resolves. */
  add(frame: Frame): Promise<void>;
  finish(): Promise<void>;
  cancel(): Promise<void>;
}

/**
 * Gives mediabunny its encoders, software ones only, so that a video does not depend on the machine. Nothing happens
 * the second time.
 */
export function registerEncoders(): void {
  registerMediabunnyServer({ hardwareContext: null });
  silenceMediaLogs();
}

const FORMATS: Readonly<Record<EncodeJob["kind"], () => OutputFormat>> = {
  mp4: () => new Mp4OutputFormat({ fastStart: false }),
  mov: () => new MovOutputFormat({ fastStart: false }),
  mkv: () => new MkvOutputFormat(),
  webm: () => new WebMOutputFormat(),
};

/**
 * Encodes a video into a file at `path` on the calling thread, at a quality that is good to look at: H.264, VP8 in WebM.
 * Throws what the system reports of a file that cannot be written.
 */
export async function openEncoder(job: EncodeJob): Promise<FrameEncoder> {
  const { path, width, height, fps, kind, soundOf } = job;
  registerEncoders();
  const file = fileTarget(path);
  const output = new Output({ format: FORMATS[kind](), target: file.target });
  const samples = new VideoSampleSource({
    codec: kind === "webm" ? "vp8" : "avc",
    quality: new Quality("high"),
    // x264's fastest preset: a third of the time, half again the size, no difference to the eye.
    latencyMode: "realtime",
    keyFrameInterval: 2,
    hardwareAcceleration: "prefer-software",
  });
  output.addVideoTrack(samples);
  let sound: Sound | undefined;

  const codedWidth = width + (width % 2);
  const codedHeight = height + (height % 2);
  const padded = new Uint8Array(codedWidth * codedHeight * 4);
  let count = 0;
  let firstTime: number | undefined;

  const encode = async (frame: Frame) => {
    const time = frame.timestampSec ?? (frame.index ?? count) / fps;
    if (firstTime === undefined) {
      firstTime = time;
      // Its place in the sound is known only now.
      if (soundOf !== undefined) sound = await addSound(output, soundOf, time);
      await output.start();
    }
    count++;
    const fits = frame.channels === 4 && codedWidth === width && codedHeight === height;
    if (frame.width !== width || frame.height !== height) {
      throw new Error(`a frame is ${frame.width}x${frame.height}, the video ${width}x${height}`);
    }
    const pixels = fits ? frame.data : padPixels(frame, padded, codedWidth, codedHeight);
    const sample = new VideoSample(pixels, {
      format: "RGBX",
      codedWidth,
      codedHeight,
      timestamp: time - firstTime,
      duration: 1 / fps,
    });
    try {
      await samples.add(sample);
      await sound?.upTo(time - firstTime + 1 / fps);
    } finally {
      sample.close();
    }
    file.check();
  };

  // One at a time: mediabunny mixes up the order of frames added while its encoder is starting.
  let last: Promise<void> = Promise.resolve();
  return {
    add(frame) {
      last = last.then(() => encode(frame));
      return last;
    },
    async finish() {
      try {
        if (firstTime === undefined) await output.start();
        await sound?.close();
        await output.finalize();
        file.check();
      } finally {
        await file.close();
      }
    },
    async cancel() {
      await sound?.close().catch(() => {});
      await output.cancel().catch(() => {});
      await file.close();
    },
  };
}

/** Copies into 4-byte pixels, repeating the last column and row where the target is larger. */
function padPixels(frame: Frame, target: Uint8Array, width: number, height: number): Uint8Array {
  const { data, channels } = frame;
  let to = 0;
  for (let y = 0; y < height; y++) {
    const row = Math.min(y, frame.height - 1) * frame.width;
    for (let x = 0; x < width; x++, to += 4) {
      const from = (row + Math.min(x, frame.width - 1)) * channels;
      target[to] = data[from]!;
      target[to + 1] = data[from + 1]!;
      target[to + 2] = data[from + 2]!;
      target[to + 3] = 255;
    }
  }
  return target;
}
