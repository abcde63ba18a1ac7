/** Pixel arrays handed back for the frames to come; filling a used one saves the system clearing a new one. */
export class SpareBuffers {
  readonly #spares: Uint8Array[] = [];
  /** Where to send an array instead of keeping it: the thread that decodes. */
  forward: ((data: Uint8Array) => void) | undefined;

  give(data: Uint8Array | Uint8ClampedArray): void {
    if (data.byteLength !== data.buffer.byteLength || !(data.buffer instanceof ArrayBuffer)) return;
    const bytes = new Uint8Array(data.buffer);
    if (this.forward) this.forward(bytes);
    else if (this.#spares.length < 8) this.#spares.push(bytes);
  }

  take(bytes: number): Uint8Array {
    const spare = this.#spares.pop();
    return spare?.length === bytes ? spare : new Uint8Array(bytes);
  }

  clear(): void {
    this.#spares.length = 0;
  }
}
