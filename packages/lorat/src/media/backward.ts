import type { Frame } from "@lorat/core";
import type { FrameRange, FrameSource } from "./frame-source.ts";

/** Bytes of frames that are held at a time, at most. */
const HELD_BYTES = 256 * 2 ** 20;
const MOST_FRAMES = 64;

/**
 * The same source from frame `start` back: `frames({ start, end })` gives `start`, `start - 1`, … down to `end + 1` (to the first
 * frame where `end` is absent). A few dozen frames are decoded forwards and held, then given in reverse. Throws as the source does.
 */
export function backward(source: FrameSource): FrameSource {
  const { width, height } = source;
  const stretch = Math.max(1, Math.min(MOST_FRAMES, Math.floor(HELD_BYTES / (width * height * 4))));
  async function* frames({ start = 0, end = -1 }: FrameRange = {}): AsyncGenerator<Frame, void, void> {
    for (let last = start; last > end; last -= stretch) {
      const held: Frame[] = [];
      const first = Math.max(end + 1, last - stretch + 1);
      for await (const frame of source.frames({ start: first, end: last + 1 })) held.push(frame);
      while (held.length > 0) yield held.pop()!;
    }
  }
  return { ...source, frames };
}
