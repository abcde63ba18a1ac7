import type { EncodedPacket, InputVideoTrack } from "mediabunny";
import {
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_PRORES,
  AV_CODEC_ID_VP8,
  AV_CODEC_ID_VP9,
  AV_NOPTS_VALUE,
  AV_PIX_FMT_RGBA,
  type AVCodecID,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVMEDIA_TYPE_VIDEO,
  type AVPixelFormat,
  FF_COMPLIANCE_STRICT,
  SWS_BILINEAR,
} from "node-av/constants";
import {
  Frame as AvFrame,
  Codec,
  CodecContext,
  Dictionary,
  FFmpegError,
  Packet,
  Rational,
  SoftwareScaleContext,
  type Stream,
} from "node-av/lib";

const MICROSECONDS = new Rational(1, 1_000_000);

const CODECS: Readonly<Record<string, AVCodecID>> = {
  avc: AV_CODEC_ID_H264,
  hevc: AV_CODEC_ID_HEVC,
  vp8: AV_CODEC_ID_VP8,
  vp9: AV_CODEC_ID_VP9,
  av1: AV_CODEC_ID_AV1,
  prores: AV_CODEC_ID_PRORES,
};

/** Names of the codecs above, for people. */
export const VIDEO_CODEC_NAMES = "H.264, H.265, VP8, VP9, AV1, ProRes";

/** Bytes that a target array must have beyond its picture: the conversion writes whole vector registers. */
export const TARGET_PADDING = 64;

export function canDecode(codec: string | null): boolean {
  return codec !== null && codec in CODECS;
}

/**
 * A software decoder of one track: packets in, in the order of decoding; pictures out, in the order of showing.
 * Driven directly rather than through mediabunny's sink, which drops what it had decoded when a later packet is
 * bad; the calls block, which is what the decoding thread is for.
 */
export class VideoDecoder {
  readonly #context: CodecContext;
  readonly #picture = new AvFrame();
  readonly #packet = new Packet();
  #scaler: SoftwareScaleContext | undefined;
  #scalerFor = "";

  private constructor(context: CodecContext) {
    this.#context = context;
    this.#picture.alloc();
    this.#packet.alloc();
  }

  /** Throws an FFmpegError, or a plain error where the track has no decodable codec (see {@link canDecode}). */
  static async open(track: InputVideoTrack): Promise<VideoDecoder> {
    const config = await track.getDecoderConfig();
    const id = CODECS[(await track.getCodec()) ?? ""];
    const codec = id === undefined ? null : Codec.findDecoder(id);
    if (!config || !codec || id === undefined) throw new Error("there is no decoder for it");
    const context = new CodecContext();
    context.allocContext3(codec);
    context.codecType = AVMEDIA_TYPE_VIDEO;
    context.codecId = id;
    context.width = config.codedWidth ?? 0;
    context.height = config.codedHeight ?? 0;
    context.extraData = config.description ? Buffer.from(bytesOf(config.description)) : null;
    // Without it H.264 that does not announce its reordering comes out of order. (open2Sync frees options twice.)
    const options = Dictionary.fromObject({ strict: FF_COMPLIANCE_STRICT });
    FFmpegError.throwIfError(await context.open2(codec, options), "open decoder");
    return new VideoDecoder(context);
  }

  /** A decoder of a stream that FFmpeg itself reads. Throws as {@link open}. */
  static async openStream(stream: Stream): Promise<VideoDecoder> {
    const { codecpar } = stream;
    const codec = Codec.findDecoder(codecpar.codecId);
    if (!codec) throw new Error("there is no decoder for it");
    const context = new CodecContext();
    context.allocContext3(codec);
    FFmpegError.throwIfError(context.parametersToContext(codecpar), "parameters");
    context.pktTimebase = MICROSECONDS;
    FFmpegError.throwIfError(await context.open2(codec, Dictionary.fromObject({})), "open decoder");
    return new VideoDecoder(context);
  }

  /** A decoder of single pictures. Throws as {@link open}. */
  static async openPicture(id: AVCodecID): Promise<VideoDecoder> {
    const codec = Codec.findDecoder(id);
    if (!codec) throw new Error("there is no decoder for it");
    const context = new CodecContext();
    context.allocContext3(codec);
    FFmpegError.throwIfError(await context.open2(codec, Dictionary.fromObject({})), "open decoder");
    return new VideoDecoder(context);
  }

  /** Decodes a picture's whole file and makes it the current one; false where there is none in it. */
  decodePicture(bytes: Buffer): boolean {
    this.#packet.data = bytes;
    const code = this.#context.sendPacketSync(this.#packet);
    this.#packet.unref();
    if (code < 0) throw new FFmpegError(code);
    this.#context.sendPacketSync(null);
    return this.receive();
  }

  /** Feeds one packet that FFmpeg has read. Take every picture with {@link receive} before the next. */
  sendPacket(packet: Packet, timeBase: { readonly num: number; readonly den: number }): void {
    packet.rescaleTs(timeBase, MICROSECONDS);
    const code = this.#context.sendPacketSync(packet);
    if (code < 0) throw new FFmpegError(code);
  }

  /** Feeds one packet, or null for the end. Take every picture with {@link receive} before the next. */
  send(packet: EncodedPacket | null): void {
    if (!packet) {
      this.#context.sendPacketSync(null);
      return;
    }
    this.#packet.isKeyframe = packet.type === "key";
    this.#packet.data = Buffer.from(packet.data); // a copy: the packet takes it over
    this.#packet.timeBase = MICROSECONDS;
    this.#packet.pts = BigInt(packet.microsecondTimestamp);
    this.#packet.dts = AV_NOPTS_VALUE;
    this.#packet.duration = BigInt(packet.microsecondDuration);
    const code = this.#context.sendPacketSync(this.#packet);
    this.#packet.unref();
    if (code < 0) throw new FFmpegError(code);
  }

  /** Makes the next picture the current one; false when another packet is needed first. */
  receive(): boolean {
    const code = this.#context.receiveFrameSync(this.#picture);
    if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return false;
    if (code < 0) throw new FFmpegError(code);
    return true;
  }

  /** Of the current picture; NaN where it has none. */
  get timestampUs(): number {
    const { pts } = this.#picture;
    return pts === AV_NOPTS_VALUE ? Number.NaN : Number(pts);
  }

  /** The same in seconds. */
  get timestampSec(): number {
    return this.timestampUs / 1e6;
  }

  get width(): number {
    return this.#picture.width;
  }

  get height(): number {
    return this.#picture.height;
  }

  /**
   * Writes the current picture as `width * height` RGBA pixels to the start of `target`, which must be
   * {@link TARGET_PADDING} bytes longer. Colours by BT.601, as video readers in computer vision do.
   */
  writeRgba(target: Uint8Array): void {
    const { width, height } = this;
    if (target.length < width * height * 4 + TARGET_PADDING)
      throw new RangeError("the target array is too short");
    const format = this.#picture.format as AVPixelFormat;
    const key = `${width}x${height}:${format}`;
    if (!this.#scaler || this.#scalerFor !== key) {
      this.#scaler?.freeContext();
      this.#scaler = new SoftwareScaleContext();
      this.#scaler.getContext(width, height, format, width, height, AV_PIX_FMT_RGBA, SWS_BILINEAR);
      this.#scalerFor = key;
    }
    const { data, linesize } = this.#picture;
    const bytes = Buffer.from(target.buffer, target.byteOffset, target.length);
    const rows = this.#scaler.scaleSync(data ?? [], linesize, 0, height, [bytes], [width * 4]);
    if (rows !== height) throw new Error(`only ${rows} of ${height} rows were converted`);
  }

  close(): void {
    this.#scaler?.freeContext();
    this.#picture.free();
    this.#packet.free();
    this.#context.freeContext();
  }
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
