import { type Box, type Target, type Tracker, type TrackResult, toFrame } from "@lorat/core";
import { toCorners } from "@lorat/core/geometry";
import { asyncDisposeSymbol, disposeSymbol } from "@lorat/graph";

export interface DriftOptions {
  /** How long a frame takes, milliseconds. */
  delayMs?: number;
  /** Throws this on the frame with this index. */
  failAt?: { index: number; error: Error };
}

/**
 * A tracker that needs no model: the box moves one pixel right and down a frame, as the square of the numbered
 * frames does. Every fifth frame is uncertain, every tenth lost.
 */
export function createDriftTracker({
  delayMs = 0,
  failAt,
}: DriftOptions = {}): Tracker & { readonly disposed: number } {
  let disposed = 0;
  const tracker: Tracker & { disposed: number } = {
    get disposed() {
      return disposed;
    },
    async start(_, first) {
      let box: Box = first;
      let count = 0;
      const target: Target = {
        async track(picture): Promise<TrackResult> {
          if (delayMs) await new Promise((resolve) => setTimeout(resolve, delayMs));
          const frame = toFrame(picture);
          if (failAt && frame.index === failAt.index) throw failAt.error;
          count++;
          box = { ...box, x: box.x + 1, y: box.y + 1 };
          const state = count % 10 === 0 ? "lost" : count % 5 === 0 ? "uncertain" : "tracked";
          return { box, score: 1 / (count + 1), state, raw: { box: toCorners(box), score: 1 / (count + 1) } };
        },
        dispose: () => {
          disposed++;
        },
        [disposeSymbol]: () => target.dispose(),
      };
      return target;
    },
    trackAll: (frame, targets) => Promise.all(targets.map((target) => target.track(frame))),
    dispose: async () => {},
    [asyncDisposeSymbol]: () => tracker.dispose(),
  };
  return tracker;
}
