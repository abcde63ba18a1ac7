import { closeSync, openSync, writeSync } from "node:fs";
import type { Frame } from "@lorat/core";
import { Encoder, FilterAPI, Muxer } from "node-av/api";
import { AV_CODEC_ID_GIF, AV_PIX_FMT_RGB24, AV_PIX_FMT_RGBA } from "node-av/constants";
import { Frame as AvFrame } from "node-av/lib";
import { silenceMediaLogs } from "./media-libraries.ts";
import type { FrameEncoder } from "./video-encoder.ts";

/** GIF counts hundredths of a second. */
const TIME_BASE = { num: 1, den: 100 };
/** A palette for each picture; without dithering, whose noise makes files several times larger. */
const PALETTE = "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1:dither=none";

/** Encodes an animated GIF at `path`, picture by picture. Throws what the system reports of the file. */
export async function openGifEncoder(job: {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}): Promise<FrameEncoder> {
  const { path, width, height, fps } = job;
  silenceMediaLogs();
  let file: number | undefined = openSync(path, "w");
  let failure: unknown;
  const write = (bytes: Buffer): number => {
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file!, bytes, done);
      return bytes.length;
    } catch (error) {
      failure ??= error;
      return -1;
    }
  };
  const check = () => {
    if (failure !== undefined) throw failure;
  };
  const palette = FilterAPI.create(PALETTE);
  const encoder = await Encoder.create(AV_CODEC_ID_GIF);
  const muxer = await Muxer.open({ write }, { format: "gif" });
  const stream = muxer.addStream(encoder);
  let count = 0;
  let firstTime: number | undefined;
  let last = -1;

  async function put(picture: AvFrame | null): Promise<void> {
    for await (const packet of encoder.packets(picture)) if (packet) await muxer.writePacket(packet, stream);
  }
  async function filtered(picture: AvFrame | null): Promise<void> {
    for await (const one of palette.frames(picture)) if (one) await put(one);
  }
  async function encode(frame: Frame): Promise<void> {
    if (frame.width !== width || frame.height !== height) {
      throw new Error(`a frame is ${frame.width}x${frame.height}, the video ${width}x${height}`);
    }
    const time = frame.timestampSec ?? (frame.index ?? count) / fps;
    firstTime ??= time;
    count++;
    const { buffer, byteOffset, byteLength } = frame.data;
    const picture = AvFrame.fromVideoBuffer(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength), {
      ...{ width, height, timeBase: TIME_BASE },
      format: frame.channels === 4 ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24,
    });
    last = Math.max(last + 1, Math.round((time - firstTime) * TIME_BASE.den));
    picture.pts = BigInt(last);
    // What the file says of itself is better than what FFmpeg says of it.
    await filtered(picture).finally(check);
  }
  const close = async () => {
    await muxer.close().catch(() => {});
    if (file !== undefined) closeSync(file);
    file = undefined;
  };

  let queue: Promise<void> = Promise.resolve();
  return {
    add(frame) {
      queue = queue.then(() => encode(frame));
      return queue;
    },
    async finish() {
      try {
        await filtered(null);
        await put(null);
        await muxer.close();
      } finally {
        await close();
        check();
      }
    },
    cancel: close,
  };
}
