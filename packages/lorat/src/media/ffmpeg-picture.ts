import { readFile } from "node:fs/promises";
import {
  AV_CODEC_ID_BMP,
  AV_CODEC_ID_PBM,
  AV_CODEC_ID_PGM,
  AV_CODEC_ID_PPM,
  type AVCodecID,
} from "node-av/constants";
import { silenceMediaLogs } from "./media-libraries.ts";
import { TARGET_PADDING, VideoDecoder } from "./video-decoder.ts";

/** Kinds of pictures that libvips, as sharp brings it, does not read: Windows bitmaps and the portable maps. */
const KINDS: readonly (readonly [head: RegExp, codec: AVCodecID])[] = [
  [/^BM/, AV_CODEC_ID_BMP],
  [/^P[36]\s/, AV_CODEC_ID_PPM],
  [/^P[25]\s/, AV_CODEC_ID_PGM],
  [/^P[14]\s/, AV_CODEC_ID_PBM],
];

/** Decodes a bitmap or portable map to RGBA; undefined for every other file. Throws what FFmpeg finds wrong. */
export async function decodeWithFfmpeg(
  source: string | Uint8Array,
): Promise<{ width: number; height: number; data: Uint8Array } | undefined> {
  const bytes = typeof source === "string" ? await readFile(source) : Buffer.from(source);
  const head = bytes.toString("latin1", 0, 3);
  const codec = KINDS.find(([pattern]) => pattern.test(head))?.[1];
  if (codec === undefined) return undefined;
  silenceMediaLogs();
  const decoder = await VideoDecoder.openPicture(codec);
  try {
    if (!decoder.decodePicture(bytes)) throw new Error("it holds no picture");
    const { width, height } = decoder;
    const data = new Uint8Array(width * height * 4 + TARGET_PADDING);
    decoder.writeRgba(data);
    return { width, height, data: data.subarray(0, width * height * 4) };
  } finally {
    decoder.close();
  }
}
