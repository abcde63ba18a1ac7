import type { Box, Frame, TargetState, Tracker } from "@lorat/core";
import { fromCorners } from "@lorat/core/geometry";
import { decodeImage } from "../media/image-folder.ts";
import { mapAhead } from "../threads/map-ahead.ts";

/** A tracker's result on one picture. */
export interface Estimate {
  readonly box: Box;
  /** How sure it is, where it tells. */
  readonly score?: number;
  /** What people are told, where that differs from the network's own score. */
  readonly reported?: { readonly score: number; readonly state: TargetState };
}

/** An object that is being followed. */
interface Follower<Picture> {
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
  /** See {@link Estimate}; undefined where the tracker gave none, and for the given box. */
  readonly reported: readonly (Estimate["reported"] | undefined)[];
}

const DECODED_AHEAD = 3;

/** A tracker with the form in which it takes pictures. */
export type PictureTracker =
  | { readonly takes: "frames"; readonly tracker: AnyTracker<Frame> }
  | { readonly takes: "paths"; readonly tracker: AnyTracker<string> };

/**
 * {@link follow} over picture files, decoded a few ahead of a tracker that takes pixels; `firstIndex` is the first one's position
 * in its sequence. Evaluation, trials, calibration and fine-tuning all track this way. Throws `IMAGE_DECODE_FAILED`, and what
 * {@link follow} throws.
 */
export function followFiles(
  { takes, tracker }: PictureTracker,
  paths: readonly string[],
  first: Box,
  { firstIndex = 0, ...options }: FollowOptions & { readonly firstIndex?: number } = {},
): Promise<Followed> {
  if (takes === "paths") return follow(tracker, paths, first, options);
  const decoded = mapAhead(paths, DECODED_AHEAD, (path, i) => decodeImage(path, firstIndex + i));
  return follow(tracker, decoded, first, options);
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
  const reported: Followed["reported"][number][] = [];
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
      reported.push(estimate.reported);
      onPicture?.(boxes.length);
    }
  } finally {
    await follower?.dispose();
  }
  return { boxes, scores, seconds, reported };
}

/** A LoRAT tracker, or one with its interface, by its own boxes: clipped, possibly empty, as the reference reports them. */
export function ownBoxes(tracker: Pick<Tracker, "start">): AnyTracker<Frame> {
  return {
    async start(frame, box) {
      const target = await tracker.start(frame, box);
      return {
        async track(next) {
          const { raw, score, state } = await target.track(next);
          return { box: fromCorners(raw.box), score: raw.score, reported: { score, state } };
        },
        dispose: () => target.dispose(),
      };
    },
  };
}

/** A loaded tracker as {@link followFiles} takes it. */
export function asPictureTracker(tracker: Pick<Tracker, "start">): PictureTracker {
  return { takes: "frames", tracker: ownBoxes(tracker) };
}
