import { TARGET_PADDING } from "./video-decoder.ts";

/**
 * Pixel arrays that were handed back, for the frames to come: filling a used array again costs half of what a new
 * one does, which the system first has to clear.
 */
export class SpareBuffers {
  readonly #spares: Uint8Array[] = [];
  /** Where to send an array instead of keeping it: the thread that decodes. */
  forward: ((data: Uint8Array) => void) | undefined;

  /** Takes the whole array behind `data` back; anything else than what {@link take} gave is let go. */
  give({ buffer, byteOffset, byteLength }: Uint8Array | Uint8ClampedArray): void {
    if (!(buffer instanceof ArrayBuffer) || byteOffset !== 0 || byteLength === 0) return;
    const whole = new Uint8Array(buffer);
    if (this.forward) this.forward(whole);
    else if (this.#spares.length < 8) this.#spares.push(whole);
  }

  /** An array of `bytes` bytes and {@link TARGET_PADDING} more, holding anything. */
  take(bytes: number): Uint8Array {
    const spare = this.#spares.pop();
    const length = bytes + TARGET_PADDING;
    return spare?.length === length ? spare : new Uint8Array(length);
  }

  clear(): void {
    this.#spares.length = 0;
  }
}
