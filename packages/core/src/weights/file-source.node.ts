import { type FileHandle, open } from "node:fs/promises";
import { asyncDisposeSymbol, LoratError } from "@lorat/graph";
import { checkRange } from "./byte-source.ts";
import type { FileSource } from "./file-source.ts";

/** One system call reads less than 2 GiB. */
const largestRead = 2 ** 30;

/**
 * Opens a file as a {@link ByteSource}. Every read is a new array whose memory begins at its first byte.
 * Throws `WEIGHTS_NOT_FOUND`, `WEIGHTS_NOT_A_FILE`, `WEIGHTS_UNREADABLE`.
 */
export async function fileSource(path: string): Promise<FileSource> {
  const handle = await openFile(path);
  const info = await handle.stat();
  if (!info.isFile()) {
    await handle.close();
    throw new LoratError("WEIGHTS_NOT_A_FILE", `${path} is no file`);
  }
  const source: FileSource = {
    path,
    size: info.size,
    async read(offset, length) {
      checkRange(info.size, offset, length);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const wanted = Math.min(length - done, largestRead);
        const { bytesRead } = await handle.read(bytes, done, wanted, offset + done).catch((cause) => {
          throw unreadable(path, cause);
        });
        if (bytesRead === 0) {
          throw new LoratError(
            "WEIGHTS_TRUNCATED",
            `${path} ended at byte ${offset + done} while it was read`,
          );
        }
        done += bytesRead;
      }
      return bytes;
    },
    dispose: () => handle.close(),
    [asyncDisposeSymbol]() {
      return this.dispose();
    },
  };
  return source;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw new LoratError("WEIGHTS_NOT_FOUND", `there is no file ${path}`, { cause });
    }
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): LoratError {
  return new LoratError("WEIGHTS_UNREADABLE", `${path} cannot be read: ${(cause as Error).message}`, {
    cause,
  });
}
