import type { Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import sharp from "sharp";

/**
 * Decodes one picture of a dataset to RGB at its own size; EXIF orientation and colour profiles are ignored and alpha is
 * dropped, as datasets expect (specification 5.1). Throws `DATA_IMAGE`, naming the file, for one that is missing, damaged
 * or cut short; warnings of the decoder are let pass.
 */
export async function readFrame(path: string): Promise<Frame> {
  try {
    const { data, info } = await sharp(path, { ignoreIcc: true, failOn: "error" })
      .toColourspace("srgb")
      .removeAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: 3, data };
  } catch (cause) {
    // The decoder's text may be another thread's: it is for people, never to be compared or counted.
    const reason = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0]!.trim();
    throw new LoratError("DATA_IMAGE", `${path}: ${reason}`, { cause });
  }
}
