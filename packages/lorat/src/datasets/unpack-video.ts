import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import sharp from "sharp";
import { isRunning } from "../files/running-process.ts";
import { isSystemError, unwritable } from "../files/system-error.ts";
import { openFrames } from "../media/open-frames.ts";
import { patternName } from "./frame-names.ts";
import { UNPACKED_FRAME } from "./video-frames.ts";

interface UnpackOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each frame with how many are done. */
  readonly onFrame?: (done: number) => void;
}

const ENCODING = 4;

/**
 * Unpacks frames `[begin, end)` of a video as JPEG files (quality 95, colour in full), named by their number in the video,
 * into a folder of `cacheDir` that is named after the video's path, size and time, and gives that folder. A folder that is
 * there is whole: frames are written beside it and the folder is renamed, so what was interrupted is done again.
 * Throws what `openFrames` throws and `DATASET_LENGTH` where the video has fewer frames.
 */
export async function unpackVideo(
  video: string,
  cacheDir: string,
  [begin, end]: readonly [begin: number, end: number],
  { signal, onFrame }: UnpackOptions = {},
): Promise<string> {
  const { size, mtimeMs } = statSync(video);
  const key = createHash("sha256")
    .update(JSON.stringify([video, size, mtimeMs, begin, end]))
    .digest("hex");
  const folder = join(cacheDir, "frames", `${basename(video)}-${key.slice(0, 16)}`);
  if (statSync(folder, { throwIfNoEntry: false })) return folder;
  await removeAbandoned(folder);

  const partial = `${folder}.${process.pid}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const source = await openFrames(video);
  const encoding = new Set<Promise<void>>();
  let done = 0;
  try {
    for await (const frame of source.frames({ start: begin, end })) {
      signal?.throwIfAborted();
      const path = join(partial, patternName(UNPACKED_FRAME, begin + done));
      const task = encode(frame, path).finally(() => encoding.delete(task));
      task.catch(() => {}); // seen when its turn comes
      encoding.add(task);
      done++;
      onFrame?.(done);
      if (encoding.size >= ENCODING) await Promise.race(encoding);
    }
    await Promise.all(encoding);
    if (done < end - begin) {
      throw new LoratError(
        "DATASET_LENGTH",
        `${video}: expected ${end} annotated frames, the video ends after ${begin + done}`,
      );
    }
    await rename(partial, folder);
    return folder;
  } catch (error) {
    await Promise.allSettled(encoding);
    await rm(partial, { recursive: true, force: true });
    throw isSystemError(error) ? unwritable(folder, error) : error;
  } finally {
    await source.dispose();
  }
}

async function encode({ data, width, height, channels }: Frame, path: string): Promise<void> {
  const bytes = await sharp(data, { raw: { width, height, channels } })
    .removeAlpha()
    .jpeg({ quality: 95, chromaSubsampling: "4:4:4" })
    .toBuffer();
  // Not toFile: of a full disk it says no more than that the file could not be written.
  await writeFile(path, bytes);
}

/** Removes what processes that are no more left half done. */
async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(dirname(folder)).catch(() => []);
  for (const name of names) {
    const [, pid] = /\.(\d+)\.partial$/.exec(name) ?? [];
    if (!name.startsWith(`${basename(folder)}.`) || pid === undefined) continue;
    if (await isRunning(Number(pid))) continue;
    await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}
