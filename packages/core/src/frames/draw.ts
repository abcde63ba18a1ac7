import { LoratError } from "@lorat/graph";
import type { Frame, Size } from "../geometry/frame.ts";
import type { Drawable } from "./frame-input.ts";

type Context = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

/** One canvas serves every picture of its size: a new one for each frame would be thrown away at once. */
let context: Context | undefined;

/** Draws a picture and reads its pixels, RGBA. Throws `FRAME_EMPTY`, `FRAME_UNREADABLE`, `FRAME_KIND` where there is no canvas. */
export function drawnFrame(picture: Drawable): Frame {
  const size = drawnSize(picture);
  const canvas = canvasOf(size, picture);
  // Replaces what was there, also where the picture is transparent.
  canvas.globalCompositeOperation = "copy";
  try {
    if ("draw" in picture) picture.draw(canvas, 0, 0);
    else canvas.drawImage(picture as unknown as CanvasImageSource, 0, 0, size.width, size.height);
    const { data } = canvas.getImageData(0, 0, size.width, size.height);
    return { ...size, channels: 4, data, timestampSec: timeOf(picture) };
  } catch (cause) {
    const isForeign = (cause as Error)?.name === "SecurityError";
    if (!isForeign) {
      const reason = (cause as Error).message;
      throw new LoratError("FRAME_EMPTY", `the ${kindOf(picture)} cannot be drawn: ${reason}`, { cause });
    }
    context = undefined; // it stays tainted
    throw unreadable(picture, cause);
  }
}

/** Width and height as shown, in pixels. Throws `FRAME_EMPTY`. */
export function drawnSize(picture: Drawable): Size {
  const { width, height } = sizeOf(picture);
  if (width > 0 && height > 0) return { width, height };
  throw empty(picture);
}

function sizeOf(picture: Drawable): Size {
  if ("videoWidth" in picture) return { width: picture.videoWidth, height: picture.videoHeight };
  if ("naturalWidth" in picture) return { width: picture.naturalWidth, height: picture.naturalHeight };
  if ("displayWidth" in picture) return { width: picture.displayWidth, height: picture.displayHeight };
  return { width: picture.width, height: picture.height };
}

function timeOf(picture: Drawable): number | undefined {
  if ("draw" in picture) return picture.timestamp;
  if ("displayWidth" in picture) return picture.timestamp / 1e6;
  return "currentTime" in picture ? picture.currentTime : undefined;
}

function canvasOf({ width, height }: Size, picture: Drawable): Context {
  if (!context) {
    const canvas =
      typeof OffscreenCanvas !== "undefined"
        ? new OffscreenCanvas(width, height)
        : typeof document !== "undefined"
          ? document.createElement("canvas")
          : undefined;
    const made = canvas?.getContext("2d", { willReadFrequently: true, alpha: false }) as Context | null;
    if (!made) {
      throw new LoratError("FRAME_KIND", `a ${kindOf(picture)} can be read only where there is a canvas`, {
        hint: "In Node, give { width, height, data } with RGB or RGBA bytes.",
      });
    }
    context = made;
  }
  const { canvas } = context;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  return context;
}

/** The error for a picture from another site. */
export function unreadable(picture: Drawable, cause: unknown): LoratError {
  const hint =
    "Set crossorigin=anonymous on the element and let the other site send CORS headers, or serve the file from the page's own site.";
  return new LoratError(
    "FRAME_UNREADABLE",
    `the page may not read the pixels of a ${kindOf(picture)} from another site`,
    { hint, cause },
  );
}

function empty(picture: Drawable): LoratError {
  const reason =
    "videoWidth" in picture
      ? "wait for its event loadeddata"
      : "naturalWidth" in picture
        ? "wait for its decode()"
        : "it was closed, or never had any";
  return new LoratError("FRAME_EMPTY", `the ${kindOf(picture)} has no pixels: ${reason}`);
}

const kindOf = (picture: object): string => picture.constructor?.name ?? "picture";
