import { type FileHandle, open } from "node:fs/promises";
import { StreamTarget } from "mediabunny";

/** A file that a video is written to, which tells what went wrong with it. */
interface FileTarget {
  readonly target: StreamTarget;
  /** Throws the first error of writing, on a full disk for example. */
  check(): void;
  /** Ends it whatever happened. */
  close(): Promise<void>;
}

/**
 * Like mediabunny's `FilePathTarget`, which takes a write of which the system did only a part, as on a disk that fills, for a
 * whole one, and ends without an error.
 */
export function fileTarget(path: string): FileTarget {
  let handle: FileHandle | undefined;
  let failure: unknown;
  const close = async () => {
    const open = handle;
    handle = undefined;
    await open?.close();
  };
  const writable = new WritableStream<{ data: Uint8Array; position: number }>({
    start: async () => {
      handle = await open(path, "w");
    },
    write: async ({ data, position }) => {
      try {
        for (let done = 0; done < data.length; ) {
          const { bytesWritten } = await handle!.write(data, done, data.length - done, position + done);
          done += bytesWritten;
        }
      } catch (error) {
        failure ??= error;
        throw error;
      }
    },
    close,
  });
  return {
    target: new StreamTarget(writable, { chunked: true }),
    check: () => {
      if (failure !== undefined) throw failure;
    },
    close,
  };
}
