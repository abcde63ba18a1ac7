import { closeSync, openSync, writeSync } from "node:fs";
import { openStream } from "./output-place.ts";
import { type OutputOptions, reserveOutput } from "./pending-file.ts";
import { unwritable } from "./system-error.ts";

/** A text file written line by line. */
export interface LineFile {
  readonly path: string;
  /** Hands the line to the system at once, so that a crash of this process loses none. Wait for what it gives, if anything. */
  write(line: string): void | Promise<void>;
  /** Gives the file its name. */
  commit(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}

/**
 * Starts a text file; into a device, a pipe or standard output lines go as they come. Throws what {@link reserveOutput}
 * throws; `write` throws `OUTPUT_UNWRITABLE`, on a full disk for example.
 */
export async function createLineFile(path: string, options: OutputOptions = {}): Promise<LineFile> {
  const pending = await reserveOutput(path, options);
  if (pending.isStream) {
    await pending.discard();
    return createLineStream(path);
  }
  let file: number | undefined = openSync(pending.partialPath, "w");
  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    path,
    write(line) {
      try {
        const bytes = Buffer.from(`${line}\n`);
        // A disk that fills takes a part first.
        for (let done = 0; done < bytes.length; ) done += writeSync(file!, bytes, done);
      } catch (cause) {
        throw unwritable(path, cause);
      }
    },
    commit: () => {
      close();
      return pending.commit();
    },
    discard: () => {
      close();
      return pending.discard();
    },
  };
}

async function createLineStream(path: string): Promise<LineFile> {
  const failed = (cause: unknown): never => {
    throw unwritable(path, cause);
  };
  const stream = await openStream(path).catch(failed);
  return {
    path,
    write: (line) => stream.write(Buffer.from(`${line}\n`)).catch(failed),
    commit: () => stream.close().catch(failed),
    discard: () => stream.close().catch(() => {}),
  };
}
