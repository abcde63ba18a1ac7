import { drawnSize } from "../frames/draw.ts";
import type { FrameInput } from "../frames/frame-input.ts";
import { isDrawable, toFrame } from "../frames/to-frame.ts";

/** A picture on its way to a worker, with what is handed over instead of copied. */
export interface Sendable {
  readonly frame: FrameInput;
  readonly transfer: Transferable[];
}

/**
 * A copy of a picture as it is now, to be handed to a worker; the caller's own stays as it is. Pixels that lie on the graphics card are
 * not read here, which would hold up the page. Throws what `toFrame` throws.
 */
export async function sendable(picture: FrameInput): Promise<Sendable> {
  if (typeof picture !== "object" || picture === null || !isDrawable(picture)) {
    const frame = toFrame(picture);
    const data = frame.data.slice();
    return { frame: { ...pixelsOf(frame), data }, transfer: [data.buffer] };
  }
  const size = drawnSize(picture);
  if ("draw" in picture) {
    const canvas = new OffscreenCanvas(size.width, size.height);
    picture.draw(canvas.getContext("2d", { alpha: false }), 0, 0);
    return handedOver(canvas.transferToImageBitmap());
  }
  if ("displayWidth" in picture) return handedOver(picture.clone() as VideoFrame);
  return handedOver(await createImageBitmap(picture as unknown as ImageBitmapSource));
}

/** An `ImageData` has its fields on its class, where a spread does not find them. */
function pixelsOf({ width, height, channels }: ReturnType<typeof toFrame>) {
  return { width, height, channels };
}

function handedOver(picture: ImageBitmap | VideoFrame): Sendable {
  return { frame: picture as FrameInput, transfer: [picture] };
}
