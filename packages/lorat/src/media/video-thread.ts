import type { Frame } from "@lorat/core";
import { builtFile } from "../threads/built-file.ts";
import { WorkerThread } from "../threads/worker-thread.ts";
import type { FrameRange } from "./frame-source.ts";
import type { SpareBuffers } from "./spare-buffers.ts";
import type { VideoInfo } from "./video-info.ts";

/** What the decoding thread is started with. */
export interface DecodeJob {
  readonly info: VideoInfo;
  readonly range: FrameRange;
}

/** Frames that are ordered before the reader takes one. */
const FRAMES_AHEAD = 4;

/** {@link decodeFrames} on a thread of its own, {@link FRAMES_AHEAD} frames ahead of the reader. */
export async function* framesFromWorker(
  info: VideoInfo,
  range: FrameRange,
  spares: SpareBuffers,
): AsyncGenerator<Frame, void, void> {
  const job: DecodeJob = { info, range };
  const thread = new WorkerThread<"next", Frame | undefined, never, Uint8Array>(
    builtFile("media/decode-worker"),
    job,
    { code: "VIDEO_DECODE_FAILED", name: "the decoding thread" },
  );
  const next = () => {
    const frame = thread.ask("next");
    frame.catch(() => {}); // seen when its turn comes
    return frame;
  };
  const forward = (data: Uint8Array) => thread.tell(data, [data.buffer as ArrayBuffer]);
  spares.forward = forward;
  try {
    const ahead = Array.from({ length: FRAMES_AHEAD }, next);
    for (;;) {
      const frame = await ahead.shift()!;
      if (!frame) return;
      ahead.push(next());
      yield frame;
    }
  } finally {
    if (spares.forward === forward) spares.forward = undefined;
    await thread.close();
  }
}
