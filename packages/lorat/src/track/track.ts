import {
  type Box,
  type Frame,
  type FrameInput,
  type LoadTrackerOptions,
  type ModelSource,
  type Target,
  type Tracker,
  type TrackResult,
  toFrame,
} from "@lorat/core";
import { LoratError } from "@lorat/graph";
import type { FrameRange, FrameSource } from "../media/frame-source.ts";
import { openFrames } from "../media/open-frames.ts";
import { loadTracker } from "../trackers/model/load-tracker.ts";
import { boxProblem } from "./box-problem.ts";
import { givenResult } from "./track-video.ts";

/** A video file or a folder of images by its path, an opened source, or pictures one after the other, all of one size. */
export type VideoInput = string | FrameSource | AsyncIterable<FrameInput> | Iterable<FrameInput>;

/** How `track` runs. */
export interface TrackOptions
  extends FrameRange,
    Pick<LoadTrackerOptions, "device" | "precision" | "threads" | "redetect" | "signal" | "onProgress"> {
  /** A model as `loadTracker` takes it, or a loaded tracker, which stays open; default: `nano`. */
  readonly model?: ModelSource | Tracker;
  /** Adapter file to merge into the model, as `finetune` writes them. */
  readonly adapter?: string;
}

/** A frame with what was found of one object. The pixels are the caller's to keep. */
export interface TrackedBox extends TrackResult {
  /** `frame.index` counts from 0 in the source. */
  readonly frame: Frame;
}

/** A frame with what was found of several objects, in the order of the boxes given. */
export interface TrackedBoxes {
  readonly frame: Frame;
  readonly targets: readonly TrackResult[];
}

/**
 * Follows one object, or several as one batch, through a video: yields every frame from the one that `box` lies on (frame `start`,
 * default 0), the first with the box as it was given and a score of 1. Leave the loop when you have seen enough: everything that was
 * opened is closed.
 *
 * Throws what `openFrames` and `loadTracker` throw, `BOX_MALFORMED`, `BOX_EMPTY`, `BOX_OUTSIDE`, `FRAME_RANGE`, `TRACK_CANCELLED` after
 * `signal`, and, after every frame before it, what a frame that cannot be read throws.
 *
 * @example
 * for await (const { frame, box, score, state } of track("video.mp4", { x: 100, y: 60, width: 40, height: 80 })) {
 *   console.log(frame.index, box, score, state);
 * }
 */
export function track(video: VideoInput, box: Box, options?: TrackOptions): AsyncGenerator<TrackedBox>;
export function track(
  video: VideoInput,
  boxes: readonly Box[],
  options?: TrackOptions,
): AsyncGenerator<TrackedBoxes>;
export async function* track(
  video: VideoInput,
  given: Box | readonly Box[],
  options: TrackOptions = {},
): AsyncGenerator<TrackedBox | TrackedBoxes> {
  const isOne = !Array.isArray(given);
  for await (const tracked of trackAll(video, isOne ? [given as Box] : (given as readonly Box[]), options)) {
    yield isOne ? { frame: tracked.frame, ...tracked.targets[0]! } : tracked;
  }
}

async function* trackAll(
  video: VideoInput,
  boxes: readonly Box[],
  { model = "nano", start, end, signal, ...loading }: TrackOptions,
): AsyncGenerator<TrackedBoxes> {
  requireBoxes(boxes);
  throwIfCancelled(signal);
  const source = typeof video === "string" ? await openFrames(video) : undefined;
  let tracker: Tracker | undefined;
  const targets: Target[] = [];
  try {
    if (source) requireBoxes(boxes, source);
    tracker = isTracker(model) ? model : await loadTracker(model, { ...loading, signal });
    for await (const frame of framesOf(source ?? (video as Exclude<VideoInput, string>), { start, end })) {
      throwIfCancelled(signal);
      if (targets.length === 0) {
        requireBoxes(boxes, frame);
        for (const box of boxes) targets.push(await tracker.start(frame, box));
        yield { frame, targets: boxes.map(givenResult) };
      } else yield { frame, targets: await tracker.trackAll(frame, targets) };
      throwIfCancelled(signal);
    }
  } finally {
    for (const target of targets) target.dispose();
    if (!isTracker(model)) await tracker?.dispose();
    await source?.dispose();
  }
}

/** Frames of whatever was given, numbered from 0 where they have no number. */
async function* framesOf(
  source: Exclude<VideoInput, string>,
  { start = 0, end = Number.POSITIVE_INFINITY }: FrameRange,
): AsyncGenerator<Frame> {
  if ("frames" in source) {
    yield* source.frames({ start, ...(Number.isFinite(end) && { end }) });
    return;
  }
  let index = 0;
  for await (const picture of source) {
    if (index >= end) return;
    const frame = index >= start ? toFrame(picture) : undefined;
    if (frame) yield frame.index === undefined ? { ...frame, index } : frame;
    index++;
  }
}

function requireBoxes(boxes: readonly Box[], image?: { width: number; height: number }): void {
  if (boxes.length === 0) throw new LoratError("BOX_MALFORMED", "there is no box to track");
  for (const box of boxes) {
    const problem = boxProblem(box, image);
    if (problem) throw problem;
  }
}

function isTracker(model: ModelSource | Tracker): model is Tracker {
  return typeof model === "object" && "trackAll" in model;
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new LoratError("TRACK_CANCELLED", "tracking was cancelled", { cause: signal.reason });
}
