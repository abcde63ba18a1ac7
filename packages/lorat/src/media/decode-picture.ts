import type { Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import sharp from "sharp";
import { requireVideoLibraries } from "./video-libraries.ts";

/** How a picture is decoded, and what an error says. */
interface DecodeOptions {
  /** Code of the error. */
  readonly code: string;
  /** What the error names; default: the path. */
  readonly name?: string;
  readonly hint?: string;
  /** Which faults of the file count as errors; default: `warning`, all of them. */
  readonly failOn?: "warning" | "error";
  /** Applies the file's colour profile; default: the numbers stay as stored, as datasets expect. */
  readonly colourProfile?: boolean;
  /** Keeps transparency, as RGBA; default: RGB. */
  readonly alpha?: boolean;
  /** Longer side after decoding, pixels; smaller pictures keep their size. Default: every picture does. */
  readonly maxSidePx?: number;
  /** What values of 16-bit pictures are multiplied by first, for data of fewer bits; default: 1. */
  readonly gain?: number;
}

/** A decoded picture with the size that its file has. */
interface DecodedPicture extends Frame {
  readonly fileWidth: number;
  readonly fileHeight: number;
}

/** Kinds by extension, or by the first bytes, that sharp does not read. */
const OTHER_KINDS = /\.(bmp|p[bgpn]m)$/i;

async function otherKind(source: string | Uint8Array) {
  const isOther =
    typeof source === "string"
      ? OTHER_KINDS.test(source)
      : /^(BM|P[1-6]\s)/.test(Buffer.from(source.subarray(0, 3)).toString("latin1"));
  if (!isOther) return undefined;
  await requireVideoLibraries("read");
  return (await import("./ffmpeg-picture.ts")).decodeWithFfmpeg(source);
}

/**
 * Decodes a picture file, or the bytes of one, to 8-bit RGB (RGBA with `alpha`, where the file has transparency). EXIF orientation
 * is ignored, grey and 16-bit pictures are converted (specification 5.1). Throws a {@link LoratError} with `code`, or
 * `VIDEO_LIBRARY_MISSING` for BMP and PNM files.
 */
export async function decodePicture(
  source: string | Uint8Array,
  {
    code,
    name,
    hint,
    failOn = "warning",
    colourProfile = false,
    alpha = false,
    maxSidePx,
    gain = 1,
  }: DecodeOptions,
): Promise<DecodedPicture> {
  try {
    const other = await otherKind(source);
    const image = sharp(other?.data ?? source, {
      raw: other && { width: other.width, height: other.height, channels: 4 },
      ignoreIcc: !colourProfile,
      failOn,
    });
    const file = alpha || maxSidePx !== undefined ? await image.metadata() : undefined;
    if (maxSidePx !== undefined) {
      image.resize({ width: maxSidePx, height: maxSidePx, fit: "inside", withoutEnlargement: true });
    }
    if (gain !== 1) image.linear(gain, 0);
    image.toColourspace("srgb");
    if (alpha && file?.hasAlpha) image.ensureAlpha();
    else image.removeAlpha();
    const { data, info } = await image.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    return {
      width,
      height,
      channels: info.channels as 3 | 4,
      data,
      fileWidth: file?.width ?? width,
      fileHeight: file?.height ?? height,
    };
  } catch (cause) {
    if (cause instanceof LoratError && cause.code === "VIDEO_LIBRARY_MISSING") throw cause;
    // The decoder's text may be another thread's: it is for people, never to be compared or counted.
    const reason = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0]!.trim();
    const what = name ?? (typeof source === "string" ? source : "the picture");
    throw new LoratError(code, `${what} cannot be decoded: ${reason}`, { hint, cause });
  }
}
