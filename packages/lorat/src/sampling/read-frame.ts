import type { Frame } from "@lorat/core";
import { decodePicture } from "../media/decode-picture.ts";

/**
 * Decodes one picture of a dataset to RGB at its own size. Throws `DATA_IMAGE`, naming the file, for one that is missing, damaged
 * or cut short; lesser faults that the decoder reports are ignored.
 */
export async function readFrame(path: string): Promise<Frame> {
  const { width, height, channels, data } = await decodePicture(path, {
    code: "DATA_IMAGE",
    failOn: "error",
  });
  return { width, height, channels, data };
}
