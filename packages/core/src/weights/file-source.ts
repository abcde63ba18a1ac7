/// <reference lib="esnext.disposable" preserve="true" />
import type { ByteSource } from "./byte-source.ts";

/** A file read in ranges; it stays open until it is disposed of. */
export interface FileSource extends ByteSource, AsyncDisposable {
  readonly path: string;
  /** Closes the file; later reads throw `WEIGHTS_UNREADABLE`. */
  dispose(): Promise<void>;
}
