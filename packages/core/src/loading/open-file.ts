import { place } from "#place";
import type { FileSource } from "../weights/file-source.ts";

/**
 * Opens a file by its path as a {@link ByteSource}; Node only. Every read is a new array whose memory begins at its first byte. Throws
 * `WEIGHTS_NOT_FOUND`, `WEIGHTS_NOT_A_FILE`, `WEIGHTS_UNREADABLE`.
 */
export function fileSource(path: string): Promise<FileSource> {
  return place.fileSource(path);
}
