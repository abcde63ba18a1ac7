import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { decodeImage } from "../../media/image-folder.ts";

/** Image formats of the reference library, as `trax.image` lists them. */
export const TRAX_IMAGES = ["path", "memory", "buffer"] as const;

/** The path of a `file:` address; other text is a path as old clients send it. */
export function imagePath(text: string): string {
  if (text.startsWith("file://")) return text.slice("file://".length);
  return text.startsWith("file:") ? text.slice("file:".length) : text;
}

/**
 * Decodes an image as TraX sends it: `file://PATH` or a path, `image:WIDTH;HEIGHT;FORMAT;BASE64` (`rgb`, `gray8`, `gray16`), or
 * `data:image/jpeg;BASE64` (PNG too; `;base64,` and `;base64;` before the data are taken as well). Pixels are RGB as stored.
 * Throws `TRAX_IMAGE` for what is none of them, `IMAGE_DECODE_FAILED`. Source: TraX protocol specification, "Image formats".
 */
export async function decodeTraxImage(text: string, index: number): Promise<Frame> {
  if (text.startsWith("image:")) return memoryImage(text, index);
  if (text.startsWith("data:")) return dataImage(text, index);
  if (/^[a-z][a-z0-9+.-]+:/.test(text) && !text.startsWith("file:")) {
    throw new LoratError(
      "TRAX_IMAGE",
      `frame ${index} is given as ${shorten(text)}, which is not supported`,
      {
        hint: `this tracker takes ${TRAX_IMAGES.join(", ")}`,
      },
    );
  }
  const path = imagePath(text);
  return decodeImage(path, index);
}

/** A picture file as a `data:` address, for trackers that do not take paths. Throws `TRAX_IMAGE` for other than JPEG and PNG. */
export async function imageAsData(path: string): Promise<string> {
  const kinds: Readonly<Record<string, string>> = { ".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png" };
  const kind = kinds[extname(path).toLowerCase()];
  if (!kind) throw new LoratError("TRAX_IMAGE", `${path} is neither a JPEG nor a PNG file`);
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new LoratError("TRAX_IMAGE", `${path} cannot be read: ${cause.message}`, { cause });
  });
  return `data:image/${kind};${bytes.toString("base64")}`;
}

function memoryImage(text: string, index: number): Frame {
  const header = /^image:(\d+);(\d+);(\w+);/.exec(text);
  const bytesPerPixel = { rgb: 3, gray8: 1, gray16: 2 }[header?.[3] ?? ""];
  if (!header || !bytesPerPixel) {
    throw new LoratError(
      "TRAX_IMAGE",
      `frame ${index} has no header image:WIDTH;HEIGHT;rgb, gray8 or gray16: ${shorten(text)}`,
    );
  }
  const width = Number(header[1]);
  const height = Number(header[2]);
  const bytes = Buffer.from(text.slice(header[0].length), "base64");
  if (width < 1 || height < 1 || bytes.length !== width * height * bytesPerPixel) {
    throw new LoratError(
      "TRAX_IMAGE",
      `frame ${index} of ${width} x ${height} ${header[3]} pixels needs ${width * height * bytesPerPixel} bytes, got ${bytes.length}`,
    );
  }
  if (bytesPerPixel === 3) return { width, height, channels: 3, data: bytes, index };
  const data = new Uint8Array(width * height * 3);
  // Of 16 bits, least significant byte first, the upper 8 are the picture.
  const top = bytesPerPixel - 1;
  for (let i = 0; i < width * height; i++) {
    data.fill(bytes[i * bytesPerPixel + top]!, 3 * i, 3 * i + 3);
  }
  return { width, height, channels: 3, data, index };
}

function dataImage(text: string, index: number): Promise<Frame> {
  const header = /^data:image\/(?:jpeg|png);(?:base64[,;])?/i.exec(text);
  if (!header) {
    throw new LoratError(
      "TRAX_IMAGE",
      `frame ${index} is neither data:image/jpeg nor data:image/png: ${shorten(text)}`,
    );
  }
  return decodeImage(Buffer.from(text.slice(header[0].length), "base64"), index, { name: "the image sent" });
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
