import { LoratError } from "@lorat/graph";
import { checkFrame, type Frame } from "../geometry/frame.ts";
import { drawnFrame } from "./draw.ts";
import type { Drawable, FrameInput, Pixels, SharpOutput } from "./frame-input.ts";

/** What is taken, for messages. */
const TAKEN =
  "taken are { width, height, data } with RGB or RGBA bytes, ImageData, VideoFrame, ImageBitmap, a canvas, a video or image element, mediabunny's VideoSample, and sharp's raw output";

/**
 * The pixels of a picture, read now: what a live video shows later does not change them. Throws `FRAME_KIND` for what is no picture
 * (saying what it is and what is taken), `FRAME_FORM` for bytes that do not fit their size, `FRAME_EMPTY` where there are no pixels yet
 * or no more, `FRAME_UNREADABLE` where the page may not read them.
 */
export function toFrame(input: FrameInput): Frame {
  if (typeof input !== "object" || input === null) throw unknownKind(input);
  if (isDrawable(input)) return drawnFrame(input);
  if (ArrayBuffer.isView(input)) throw unknownKind(input);
  if (isSharpOutput(input)) return pixelFrame({ data: input.data, ...input.info });
  if ("data" in input || "channels" in input) return pixelFrame(input);
  throw unknownKind(input);
}

/** Whether it is a picture that a canvas draws. */
export function isDrawable(input: object): input is Drawable {
  const isElement = "videoWidth" in input || "naturalWidth" in input;
  const isMedia = "displayWidth" in input && ("draw" in input || "close" in input);
  return isElement || isMedia || "getContext" in input || ("width" in input && "close" in input);
}

function isSharpOutput(input: object): input is SharpOutput {
  return "data" in input && "info" in input && typeof input.info === "object" && input.info !== null;
}

/** Checks bytes with a size; the number of channels follows from the number of bytes where it is not told. */
function pixelFrame(input: Pixels): Frame {
  const { width, height, data, channels } = input;
  const isTold = channels !== undefined || data === undefined;
  const isRgb = !isTold && data.length === width * height * 3;
  const told = (isTold ? channels : isRgb ? 3 : 4) as 3 | 4;
  if (channels === told) {
    checkFrame(input as Frame);
    return input as Frame;
  }
  const { index, timestampSec } = input;
  const frame: Frame = { width, height, data, channels: told, index, timestampSec };
  checkFrame(frame);
  return frame;
}

function unknownKind(given: unknown): LoratError {
  return new LoratError("FRAME_KIND", `not a picture: got ${described(given)}; ${TAKEN}`, {
    hint: hintFor(given),
  });
}

function described(given: unknown): string {
  if (given === null || given === undefined) return String(given);
  if (typeof given === "string") return `the text "${given.length > 40 ? `${given.slice(0, 40)}…` : given}"`;
  if (typeof given !== "object") return `a ${typeof given}`;
  const name = given.constructor?.name ?? "Object";
  if (ArrayBuffer.isView(given) || given instanceof ArrayBuffer) return `${given.byteLength} bytes (${name})`;
  const keys = Object.keys(given).slice(0, 8).join(", ");
  return name === "Object" ? `an object with { ${keys} }` : `an object of class ${name}`;
}

function hintFor(given: unknown): string | undefined {
  if (typeof given === "string" || given instanceof URL)
    return "Decode the file or address first: a tracker takes pixels.";
  if (typeof given !== "object" || given === null) return undefined;
  if (ArrayBuffer.isView(given) || given instanceof ArrayBuffer) {
    return "Bytes alone do not tell their width and height: give { width, height, data }. Decode an encoded picture (JPEG, PNG) first.";
  }
  if ("then" in given) return "Await it first.";
  if ("toBuffer" in given)
    return "Of sharp, give the answer of: await image.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })";
  if (typeof Blob !== "undefined" && given instanceof Blob)
    return "Decode it first: await createImageBitmap(blob)";
  return undefined;
}
