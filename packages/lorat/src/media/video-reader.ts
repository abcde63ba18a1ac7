import type { Frame } from "@lorat/core";
import { asyncDisposeSymbol } from "@lorat/graph";
import { isBuilt } from "../threads/built-file.ts";
import type { FrameRange, FrameSource } from "./frame-source.ts";
import { SpareBuffers } from "./spare-buffers.ts";
import { decodeFrames } from "./video-frames.ts";
import { framesFromWorker } from "./video-thread.ts";
import { inspectVideo } from "./video-track.ts";

interface VideoOptions {
  /**
   * Decode on a thread of its own, so that decoding goes on while a network runs on this one (which blocks it).
   * Default: yes in the built package.
   */
  thread?: boolean;
}

/**
 * Opens a video file. Frame index and timestamp come from the container, bytes are RGBA from a software decoder and
 * so the same on every machine. Throws `VIDEO_EMPTY`, `VIDEO_NOT_RECOGNISED`, `VIDEO_TRUNCATED`, `VIDEO_NO_TRACK`,
 * `VIDEO_CODEC_UNKNOWN`, `VIDEO_NO_FRAMES`, `VIDEO_BROKEN`, `VIDEO_DECODE_FAILED` (of the first frame).
 */
export async function openVideo(path: string, { thread = isBuilt }: VideoOptions = {}): Promise<FrameSource> {
  const info = await inspectVideo(path);
  const { width, height, fps, times } = info;
  const spares = new SpareBuffers();
  const open = new Set<AsyncGenerator<Frame, void, void>>();

  async function* frames(range: FrameRange = {}): AsyncGenerator<Frame, void, void> {
    const decoded = thread ? framesFromWorker(info, range, spares) : decodeFrames(info, range, spares);
    open.add(decoded);
    try {
      yield* decoded;
    } finally {
      open.delete(decoded);
    }
  }

  const source: FrameSource = {
    kind: "video",
    width,
    height,
    fps,
    frameCount: times?.length,
    frames,
    recycle: (frame) => spares.give(frame.data),
    dispose: async () => {
      await Promise.all([...open].map((decoded) => decoded.return()));
      spares.clear();
    },
    [asyncDisposeSymbol]() {
      return this.dispose();
    },
  };
  return source;
}
