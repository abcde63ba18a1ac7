import { constants, createReadStream } from "node:fs";
import { lstat, open, readlink, realpath, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** Where an output goes. */
interface OutputPlace {
  /** The file that gets the output's name: what links lead to. */
  readonly path: string;
  readonly partialPath: string;
  /** True for what is no regular file. */
  readonly isStream: boolean;
}

const STDOUT = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/** Whether a path names standard output. */
export function isStdout(path: string | undefined): boolean {
  return path !== undefined && STDOUT.includes(path);
}

let streams = 0;

/**
 * Finds out whether an output is a file or something that is only written to: a device, a pipe, a socket, standard output,
 * another open file (`/dev/fd/N`).
 */
export async function outputPlace(path: string): Promise<OutputPlace> {
  const file = (target: string) => ({
    path: target,
    partialPath: `${target}.${process.pid}.partial`,
    isStream: false,
  });
  const stream = () => ({
    path,
    partialPath: join(tmpdir(), `lorat.${process.pid}.${streams++}.partial`),
    isStream: true,
  });
  if (isStdout(path)) return stream();
  const own = await lstat(path).catch(() => undefined);
  if (!own) return file(path);
  const target = await stat(path).catch(() => undefined);
  if (target && !target.isFile() && !target.isDirectory()) return stream();
  if (!own.isSymbolicLink()) return file(path);
  // Links there lead to files that are open already.
  if (/^\/(dev|proc)\//.test(path)) return stream();
  return file(target ? await realpath(path) : resolve(dirname(path), await readlink(path)));
}

/** Copies a finished file into a stream. */
export async function copyIntoStream(from: string, path: string): Promise<void> {
  const write = await openStream(path);
  try {
    for await (const chunk of createReadStream(from)) await write.write(chunk as Uint8Array);
  } finally {
    await write.close();
  }
}

/** Something that bytes are written to in order. */
interface OutputStream {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Opens what is no regular file; a pipe waits for its reader. */
export async function openStream(path: string): Promise<OutputStream> {
  if (isStdout(path)) {
    return {
      write: (bytes) =>
        new Promise(
          (done, fail) => void process.stdout.write(bytes, (error) => (error ? fail(error) : done())),
        ),
      close: async () => {},
    };
  }
  // Not for creating, and without cutting: a device has nothing to cut.
  const handle = await open(path, constants.O_WRONLY);
  return { write: (bytes) => handle.writeFile(bytes), close: () => handle.close() };
}
