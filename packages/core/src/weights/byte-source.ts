import { LoratError } from "@lorat/graph";

/** Bytes that can be read in ranges: a file, a Blob, an array. */
export interface ByteSource {
  /** Total length in bytes. */
  readonly size: number;
  /**
   * Reads `length` bytes from `offset`. The bytes may be shared with the source: never write into them.
   * Throws `WEIGHTS_TRUNCATED` when the source ends before that.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A {@link ByteSource} over bytes in memory; reads are views, not copies. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.byteLength,
    async read(offset, length) {
      checkRange(bytes.byteLength, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** A {@link ByteSource} over a `Blob` or a `File`, for pages; only what is read comes into memory. */
export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    async read(offset, length) {
      checkRange(blob.size, offset, length);
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    },
  };
}

/** Throws `WEIGHTS_TRUNCATED` unless `[offset, offset + length)` lies inside `size` bytes. */
export function checkRange(size: number, offset: number, length: number): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!whole || offset + length > size) {
    throw new LoratError(
      "WEIGHTS_TRUNCATED",
      `${length} bytes at offset ${offset} were asked of a file of ${size} bytes`,
      { hint: "The file is shorter than its own table of contents says; fetch it again." },
    );
  }
}
