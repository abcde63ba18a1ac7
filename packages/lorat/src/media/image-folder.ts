import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Frame } from "@lorat/core";
import { asyncDisposeSymbol, LoratError } from "@lorat/graph";
import sharp, { type Metadata } from "sharp";
import { mapAhead } from "../threads/map-ahead.ts";
import { decodePicture } from "./decode-picture.ts";
import type { FrameRange, FrameSource } from "./frame-source.ts";
import { IMAGE_EXTENSIONS, type ImageNameOptions, orderImages } from "./image-names.ts";

const IN_FLIGHT = 3;

export interface ImageFolderOptions extends ImageNameOptions {
  /** Frames a second, which pictures do not tell. */
  readonly fps?: number;
}

/**
 * Opens a folder of images as frames in natural order of their names. Pixels are RGB as stored: EXIF orientation
 * and colour profiles are ignored, as datasets expect; alpha is dropped, grey and 16-bit images become 8-bit RGB.
 * Throws `IMAGES_NONE`, what `orderImages` throws, and `IMAGE_DECODE_FAILED` (of the first one);
 * while reading, `IMAGE_DECODE_FAILED` and `IMAGE_SIZE_CHANGED` name the frame.
 */
export async function openImageFolder(
  folder: string,
  { fps, ...options }: ImageFolderOptions = {},
): Promise<FrameSource> {
  const { names, strays } = orderImages(folder, await listFolder(folder), options);
  if (names.length === 0) throw await noImages(folder, options.pattern);
  // libvips keeps decoded files by name, which would show an old picture where a file was replaced.
  sharp.cache(false);
  const first = join(folder, names[0]!);
  const { gain, notes } = await lookAt(first);
  if (strays.length > 0) notes.push(`left out, named otherwise than the frames: ${few(strays)}`);
  const { width, height } = await decodeImage(first, 0);

  async function* frames({
    start = 0,
    end = names.length,
  }: FrameRange = {}): AsyncGenerator<Frame, void, void> {
    if (start >= names.length) {
      throw new LoratError(
        "FRAME_RANGE",
        `${folder} has ${names.length} frames: there is no frame ${start}`,
        {
          hint: "Frames are counted from 0, whatever the numbers in the names.",
        },
      );
    }
    yield* mapAhead(names.slice(start, end), IN_FLIGHT, async (name, position) => {
      const index = start + position;
      const image = await decodeImage(join(folder, name), index, { gain });
      if (image.width !== width || image.height !== height) {
        throw new LoratError(
          "IMAGE_SIZE_CHANGED",
          `${join(folder, name)}: frame ${index} is ${image.width}x${image.height}, the first is ${width}x${height}`,
          { hint: "All images of a folder must have one size." },
        );
      }
      return image;
    });
  }

  const source: FrameSource = {
    kind: "images",
    width,
    height,
    fps,
    notes,
    frameCount: names.length,
    frames,
    recycle: () => {},
    dispose: async () => {},
    [asyncDisposeSymbol]() {
      return this.dispose();
    },
  };
  return source;
}

/**
 * Decodes an image file, or the bytes of one, to RGB; `index` is its frame and `name` what errors call it. Throws
 * `IMAGE_DECODE_FAILED`.
 */
export async function decodeImage(
  source: string | Buffer,
  index: number,
  { name, gain = 1 }: { readonly name?: string; readonly gain?: number } = {},
): Promise<Frame> {
  const called = name ?? (typeof source === "string" ? source : "the image");
  const { width, height, channels, data } = await decodePicture(source, {
    code: "IMAGE_DECODE_FAILED",
    name: `${called}: frame ${index}`,
    gain,
  });
  return { width, height, channels, data, index };
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  } catch (cause) {
    throw new LoratError("INPUT_UNREADABLE", `${folder} cannot be listed: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * What the first picture says of all: a rotation that is not applied, and data of fewer bits than the file has, as sensors of
 * 12 bits give, which would come out almost black.
 */
async function lookAt(path: string): Promise<{ gain: number; notes: string[] }> {
  const notes: string[] = [];
  const { depth, orientation = 1 } = await sharp(path)
    .metadata()
    .catch((): Partial<Metadata> => ({}));
  if (orientation > 1) {
    notes.push(
      `the pictures carry an EXIF rotation (${orientation}), which is not applied: boxes count pixels as they are stored`,
    );
  }
  if (depth !== "ushort") return { gain: 1, notes };
  const { channels } = await sharp(path).stats();
  const most = Math.max(...channels.map(({ max }) => max));
  const bits = [10, 12, 14].find((one) => most < 2 ** one) ?? 16;
  if (bits < 16) notes.push(`16-bit pictures whose values need ${bits} bits: read as ${bits}-bit data`);
  return { gain: 2 ** (16 - bits), notes };
}

function few(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

async function noImages(folder: string, pattern: string | undefined): Promise<LoratError> {
  if (pattern !== undefined) {
    return new LoratError("IMAGES_NONE", `${folder} holds no images named like ${pattern}`);
  }
  const entries = await readdir(folder, { withFileTypes: true });
  const inside = entries.find(
    (entry) => entry.isDirectory() && /^(img|imgs|images|frames|color)$/i.test(entry.name),
  );
  return new LoratError("IMAGES_NONE", `${folder} holds no images (${IMAGE_EXTENSIONS.join(", ")})`, {
    hint: inside ? `Did you mean ${join(folder, inside.name)}?` : "Give a video file or a folder of images.",
  });
}
