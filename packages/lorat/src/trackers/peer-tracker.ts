import { type Box, type Frame, type Target, type Tracker, type TrackResult, toFrame } from "@lorat/core";
import { isValidBox, toCorners } from "@lorat/core/geometry";
import { asyncDisposeSymbol, disposeSymbol, LoratError } from "@lorat/graph";

/** What makes a tracker of its own out of a foreign network: how a target starts, and how a frame moves it on. */
export interface PeerLoop<Memory> {
  /** box: valid, image pixels. */
  start(frame: Frame, box: Box): Promise<Memory>;
  track(frame: Frame, memory: Memory): Promise<TrackResult>;
  dispose(): Promise<void>;
}

/**
 * A peer's loop as a {@link Tracker}. Calls run one after the other, since they share the loop's crop memory. Starting throws
 * `BOX_INVALID`, tracking `TARGET_DISPOSED`.
 */
export function peerTracker<Memory>(loop: PeerLoop<Memory>): Tracker {
  const memories = new WeakMap<Target, Memory>();
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  };
  const memoryOf = (target: Target): Memory => {
    const memory = memories.get(target);
    if (memory === undefined) {
      throw new LoratError("TARGET_DISPOSED", "the target was disposed, or is another tracker's");
    }
    return memory;
  };
  const tracker: Tracker = {
    async start(picture, box) {
      const frame = toFrame(picture);
      return inTurn(async () => {
        requireBox(box);
        const memory = await loop.start(frame, box);
        const target: Target = {
          track: async (next) => (await tracker.trackAll(next, [target]))[0]!,
          dispose: () => {
            memories.delete(target);
          },
          [disposeSymbol]: () => target.dispose(),
        };
        memories.set(target, memory);
        return target;
      });
    },
    async trackAll(picture, targets) {
      const frame = toFrame(picture);
      return inTurn(async () => {
        const results: TrackResult[] = [];
        for (const target of targets) results.push(await loop.track(frame, memoryOf(target)));
        return results;
      });
    },
    async dispose() {
      await queue;
      await loop.dispose();
    },
    [asyncDisposeSymbol]: () => tracker.dispose(),
  };
  return tracker;
}

/** A tracker that has run once on grey, so that the first frame takes no longer than the others. */
export async function warmedUp(tracker: Tracker): Promise<Tracker> {
  const grey: Frame = { width: 64, height: 64, channels: 3, data: new Uint8Array(64 * 64 * 3).fill(127) };
  const target = await tracker.start(grey, { x: 24, y: 24, width: 16, height: 16 });
  await target.track(grey);
  target.dispose();
  return tracker;
}

function requireBox({ x, y, width, height }: Box): void {
  if (isValidBox(toCorners({ x, y, width, height }))) return;
  throw new LoratError(
    "BOX_INVALID",
    `a box needs finite numbers and a size above zero, got x ${x}, y ${y}, width ${width}, height ${height}`,
  );
}
