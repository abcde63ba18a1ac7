import { closeSync, openSync, writeSync } from "node:fs";
import { LoratError } from "@lorat/graph";
import { type OutputOptions, reserveOutput } from "./pending-file.ts";

/** A text file written line by line. */
export interface LineFile {
  readonly path: string;
  /** Hands the line to the system at once, so that a crash of this process loses none. */
  write(line: string): void;
  /** Gives the file its name. */
  commit(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}

/** Throws what {@link reserveOutput} throws; `write` throws `OUTPUT_UNWRITABLE`, on a full disk for example. */
export async function createLineFile(path: string, options: OutputOptions = {}): Promise<LineFile> {
  const pending = await reserveOutput(path, options);
  let file: number | undefined = openSync(pending.partialPath, "w");
  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    path,
    write(line) {
      try {
        writeSync(file!, `${line}\n`);
      } catch (cause) {
        throw new LoratError("OUTPUT_UNWRITABLE", `${path} cannot be written: ${(cause as Error).message}`, {
          cause,
        });
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
