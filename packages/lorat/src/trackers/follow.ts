import { type Box, type Frame, fromCorners, type Tracker } from "@lorat/core";

/** What a tracker says of one picture. */
export interface Estimate {
  readonly box: Box;
  /** How sure it is, where it tells. */
  readonly score?: number;
}

/** An object that is being followed. */
export interface Follower<Picture> {
  track(picture: Picture): Promise<Estimate>;
  dispose(): void | Promise<void>;
}

/** Any tracker, as one-pass evaluation needs it; `Picture` is what it takes: decoded frames, or paths of files. */
export interface AnyTracker<Picture> {
  start(picture: Picture, box: Box): Promise<Follower<Picture>>;
}

/** One entry a picture; the first is the given box with a score of 1. */
export interface Followed {
  readonly boxes: readonly Box[];
  /** NaN where the tracker gave none. */
  readonly scores: readonly number[];
  /** Spent in the tracker, without reading the picture. */
  readonly seconds: readonly number[];
}

export interface FollowOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each picture with how many are done. */
  readonly onPicture?: ((done: number) => void) | undefined;
}

/**
 * Follows an object from its first box to the last picture without telling the tracker anything more (one-pass evaluation,
 * specification section 5.2). Throws what tracker and pictures throw, and the signal's reason.
 */
export async function follow<Picture>(
  tracker: AnyTracker<Picture>,
  pictures: AsyncIterable<Picture> | Iterable<Picture>,
  first: Box,
  { signal, onPicture }: FollowOptions = {},
): Promise<Followed> {
  const boxes: Box[] = [];
  const scores: number[] = [];
  const seconds: number[] = [];
  let follower: Follower<Picture> | undefined;
  try {
    for await (const picture of pictures) {
      signal?.throwIfAborted();
      const began = performance.now();
      let estimate: Estimate = { box: first, score: 1 };
      if (follower) estimate = await follower.track(picture);
      else follower = await tracker.start(picture, first);
      seconds.push((performance.now() - began) / 1000);
      boxes.push(estimate.box);
      scores.push(estimate.score ?? Number.NaN);
      onPicture?.(boxes.length);
    }
  } finally {
    await follower?.dispose();
  }
  return { boxes, scores, seconds };
}

/** A LoRAT tracker, or one with its interface, by its own boxes: clipped, possibly empty, as the reference reports them. */
export function ownBoxes(tracker: Pick<Tracker, "start">): AnyTracker<Frame> {
  return {
    async start(frame, box) {
      const target = await tracker.start(frame, box);
      return {
        async track(next) {
          const { raw } = await target.track(next);
          return { box: fromCorners(raw.box), score: raw.score };
        },
        dispose: () => target.dispose(),
      };
    },
  };
}
