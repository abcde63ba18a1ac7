import type { Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { type OutputOptions, reserveOutput } from "../files/pending-file.ts";
import { isSystemError, unwritable } from "../files/system-error.ts";
import { isBuilt } from "../threads/built-file.ts";
import { openEncoderThread } from "./encode-thread.ts";
import { videoKind } from "./video-kinds.ts";
import { requireVideoLibraries } from "./video-libraries.ts";

interface VideoWriterOptions extends OutputOptions {
  width: number;
  height: number;
  /** Frames a second, for frames without a timestamp; those that have one keep their times, counted from the first. */
  fps?: number;
  /**
   * Takes back the bytes of a frame that has been encoded. When given, `add` takes a frame's bytes over instead of
   * copying them: do not touch the frame after it.
   */
  release?: (data: Uint8Array | Uint8ClampedArray) => void;
  /** Video whose sound is kept, from the first frame's time on. */
  soundOf?: string;
  /** Encode on a thread of its own. Default: yes in the built package. */
  thread?: boolean;
}

/** A video on its way to a file: MP4, MOV and Matroska (H.264), WebM (VP8) or GIF, as its extension says. */
interface VideoWriter {
  readonly path: string;
  /** Queues one frame; waits while several are still being encoded. Throws `VIDEO_ENCODE_FAILED`. */
  add(frame: Frame): Promise<void>;
  /** Ends the video and gives the file its name. */
  commit(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

const IN_FLIGHT = 3;

/**
 * Starts a video at `path`. Throws what {@link reserveOutput} throws, `OUTPUT_FORMAT` for a kind that is not written,
 * `VIDEO_LIBRARY_MISSING` and `VIDEO_ENCODE_FAILED`; `OUTPUT_UNWRITABLE` later, on a full disk for example.
 */
export async function createVideoWriter(path: string, options: VideoWriterOptions): Promise<VideoWriter> {
  const { width, height, fps = 25, release, soundOf, thread = isBuilt } = options;
  const kind = videoKind(path);
  await requireVideoLibraries("write");
  const pending = await reserveOutput(path, options);
  const { partialPath } = pending;
  const failed = async (cause: unknown): Promise<never> => {
    if (isSystemError(cause)) throw unwritable(path, cause);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LoratError("VIDEO_ENCODE_FAILED", `${path} cannot be encoded: ${reason}`, { cause });
  };
  const job = kind === "gif" ? undefined : { path: partialPath, width, height, fps, kind, soundOf };
  const onThread = thread && job !== undefined;
  const open = async () => {
    if (!job)
      return (await import("./gif-encoder.ts")).openGifEncoder({ path: partialPath, width, height, fps });
    if (onThread) return openEncoderThread(job, release ?? (() => {}));
    return (await import("./video-encoder.ts")).openEncoder(job);
  };
  const encoder = await open().catch(async (cause: unknown) => {
    await pending.discard();
    return failed(cause);
  });
  const underWay: Promise<void>[] = [];

  return {
    path,
    async add(frame) {
      while (underWay.length >= IN_FLIGHT) await underWay.shift()!.catch(failed);
      const owned = release ? frame : { ...frame, data: frame.data.slice() };
      const encoded = encoder.add(owned).then(() => {
        if (release && !onThread) release(owned.data);
      });
      encoded.catch(() => {}); // thrown by the next add, or commit
      underWay.push(encoded);
    },
    async commit() {
      for (const encoded of underWay.splice(0)) await encoded.catch(failed);
      await encoder.finish().catch(failed);
      await pending.commit();
    },
    async discard() {
      await Promise.allSettled(underWay.splice(0));
      await encoder.cancel().catch(() => {});
      await pending.discard();
    },
  };
}
