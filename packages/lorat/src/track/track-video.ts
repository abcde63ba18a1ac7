import type { Box, Frame, Target, Tracker, TrackResult } from "@lorat/core";
import { toCorners } from "@lorat/core/geometry";
import { LoratError } from "@lorat/graph";
import { type FrameRange, type FrameSource, SOURCE_ERROR_CODES } from "../media/frame-source.ts";
import { boxProblem } from "./box-problem.ts";

/** One frame with one result for each target, in the order of the boxes given. */
export interface TrackedFrame {
  readonly frame: Frame;
  readonly results: readonly TrackResult[];
}

/** Something that is told of every tracked frame: a file, a video, a screen. */
export interface FrameSink {
  /**
   * Takes one frame. When it returns a promise, the next frame is tracked meanwhile and `write` is called again only
   * after it has settled.
   */
  write(tracked: TrackedFrame): void | Promise<void>;
  /** Set where the sink takes the frame's bytes over and gives them back itself; at most one sink may. */
  readonly ownsFrames?: boolean;
}

interface TrackVideoOptions extends FrameRange {
  /** Told of every frame, in order; the first one gets the boxes that were given, with score 1. */
  sinks: readonly FrameSink[];
  /** Ends the run after the frame at hand. */
  signal?: AbortSignal;
}

export interface TrackVideoSummary {
  /** Frames written to the sinks, the first one included. */
  readonly frames: number;
  /** From the first frame to the last, decoding included, seconds. */
  readonly seconds: number;
  /** Why it ended before the source did: a frame that cannot be read, a device that was lost, or the caller's signal. */
  readonly stopped: LoratError | "aborted" | undefined;
}

/** Codes of errors that leave good what was tracked before them. */
const KEEPING_CODES: ReadonlySet<string> = new Set([...SOURCE_ERROR_CODES, "DEVICE_LOST"]);

/**
 * Follows the objects at `boxes` on the first frame through the video: decoding, tracking and writing overlap, and a
 * handful of frames are in memory at any time. A frame that cannot be read, or a device that is lost, ends the run with
 * everything before it written and the error in `stopped`. Throws `BOX_OUTSIDE`, `BOX_EMPTY`, `BOX_MALFORMED`, `FRAME_RANGE`, and whatever
 * the tracker or a sink throws.
 */
export async function trackVideo(
  source: FrameSource,
  tracker: Tracker,
  boxes: readonly Box[],
  { start = 0, end, sinks, signal }: TrackVideoOptions,
): Promise<TrackVideoSummary> {
  for (const box of boxes) {
    const problem = boxProblem(box, source);
    if (problem) throw problem;
  }
  const targets: Target[] = [];
  const writer = new SinkQueue(source, sinks);
  let frames = 0;
  let stopped: TrackVideoSummary["stopped"];
  let began = performance.now();
  try {
    for await (const frame of source.frames({ start, end })) {
      if (frames === 0) {
        began = performance.now();
        for (const box of boxes) targets.push(await tracker.start(frame, box));
        await writer.write({ frame, results: boxes.map(givenResult) });
      } else {
        await writer.write({ frame, results: await followAll(tracker, targets, frame) });
      }
      frames++;
      if (signal?.aborted) {
        stopped = "aborted";
        break;
      }
    }
  } catch (error) {
    if (frames === 0 || !(error instanceof LoratError && KEEPING_CODES.has(error.code))) throw error;
    stopped = error;
  } finally {
    for (const target of targets) target.dispose();
  }
  await writer.settle();
  return { frames, seconds: (performance.now() - began) / 1000, stopped };
}

function followAll(
  tracker: Tracker,
  targets: readonly Target[],
  frame: Frame,
): Promise<readonly TrackResult[]> {
  const [only, ...others] = targets;
  if (only && others.length === 0) return only.track(frame).then((result) => [result]);
  return tracker.trackAll(frame, targets);
}

/** What the first frame reports: the box as it was given. */
export function givenResult(box: Box): TrackResult {
  return { box, score: 1, state: "tracked", raw: { box: toCorners(box), score: 1 } };
}

/** Passes frames to the sinks in order, one behind the tracker, and hands their bytes back when all are done. */
class SinkQueue {
  #last: Promise<void> = Promise.resolve();
  readonly #source: FrameSource;
  readonly #sinks: readonly FrameSink[];

  constructor(source: FrameSource, sinks: readonly FrameSink[]) {
    this.#source = source;
    // The one that takes the bytes away comes last.
    this.#sinks = [...sinks].sort((a, b) => Number(a.ownsFrames ?? false) - Number(b.ownsFrames ?? false));
  }

  async write(tracked: TrackedFrame): Promise<void> {
    await this.#last;
    const promises = this.#sinks.map((sink) => sink.write(tracked));
    const owned = this.#sinks.some((sink) => sink.ownsFrames);
    this.#last = Promise.all(promises).then(() => {
      if (!owned) this.#source.recycle(tracked.frame);
    });
    this.#last.catch(() => {}); // thrown by the next write, or settle
  }

  settle(): Promise<void> {
    return this.#last;
  }
}
