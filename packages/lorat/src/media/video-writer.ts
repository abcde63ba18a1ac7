import type { Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { type OutputOptions, reserveOutput } from "../files/pending-file.ts";
import { hasEncodeWorker, openEncoderThread } from "./encode-thread.ts";
import { openEncoder } from "./video-encoder.ts";

export interface VideoWriterOptions extends OutputOptions {
  width: number;
  height: number;
  /** Frames a second, for frames without a timestamp; those that have one keep their times, counted from the first. */
  fps?: number;
  /**
   * Takes back the bytes of a frame that has been encoded. When given, `add` takes a frame's bytes over instead of
   * copying them: do not touch the frame after it.
   */
  release?: (data: Uint8Array | Uint8ClampedArray) => void;
  /** Encode on a thread of its own. Default: yes in the built package. */
  thread?: boolean;
}

/** An MP4 video (H.264) on its way to a file. */
export interface VideoWriter {
  readonly path: string;
  /** Queues one frame; waits while several are still being encoded. Throws `VIDEO_ENCODE_FAILED`. */
  add(frame: Frame): Promise<void>;
  /** Ends the video and gives the file its name. */
  commit(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

const IN_FLIGHT = 3;

/** Starts a video at `path`. Throws what {@link reserveOutput} throws, and `VIDEO_ENCODE_FAILED`. */
export async function createVideoWriter(path: string, options: VideoWriterOptions): Promise<VideoWriter> {
  const { width, height, fps = 25, release, thread = hasEncodeWorker } = options;
  const pending = await reserveOutput(path, options);
  const job = { path: pending.partialPath, width, height, fps };
  const failed = async (cause: unknown): Promise<never> => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LoratError("VIDEO_ENCODE_FAILED", `${path} cannot be encoded: ${reason}`, { cause });
  };
  const open = thread ? async () => openEncoderThread(job, release ?? (() => {})) : () => openEncoder(job);
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
        if (release && !thread) release(owned.data);
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
