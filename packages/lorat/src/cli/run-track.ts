import type { Box, TargetState, Tracker } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { formatBox } from "../datasets/boxes/boxes-file.ts";
import type { FrameSource } from "../media/frame-source.ts";
import { isStreamInput, openFrames } from "../media/open-frames.ts";
import { boxProblem } from "../track/box-problem.ts";
import { openTrackOutputs } from "../track/track-outputs.ts";
import { type FrameSink, type TrackVideoSummary, trackVideo } from "../track/track-video.ts";
import { type Interruption, listenForInterrupt } from "./interrupt.ts";
import { createProgress } from "./progress.ts";
import { type LoadTracker, printsBoxes, type TrackCliOptions, usesStdout } from "./track-options.ts";
import { printTrackReport } from "./track-report.ts";

/**
 * What `lorat track` does: opens the input, checks the boxes against it, reserves the outputs, loads the model, tracks,
 * and reports. What was tracked before a frame that cannot be read, or before Ctrl-C, is kept; on any other error
 * there is no output.
 */
export async function runTrack(
  input: string,
  options: TrackCliOptions,
  loadTracker: LoadTracker,
): Promise<void> {
  const interruption = listenForInterrupt();
  const { fps, pattern, allowGaps } = options;
  const source = await openFrames(input, {
    ...(fps !== undefined && { fps }),
    ...(pattern !== undefined && { pattern }),
    ...(allowGaps && { allowGaps }),
  });
  for (const note of source.notes ?? []) console.error(`note: ${note}`);
  try {
    await trackSource(input, source, options, loadTracker, interruption);
    if (interruption.signal.aborted) process.exitCode = interruption.status();
  } finally {
    interruption.release();
    await source.dispose();
  }
}

async function trackSource(
  input: string,
  source: FrameSource,
  options: TrackCliOptions,
  loadTracker: LoadTracker,
  { signal }: Interruption,
): Promise<void> {
  const {
    model,
    adapter,
    device,
    precision,
    threads,
    redetect = false,
    start,
    end,
    box: boxes,
    out,
    scores,
    sheet,
    video,
    force,
    json = false,
  } = options;
  checkAgainstSource(input, source, options);
  const outputs = await openTrackOutputs(source, boxes.length, {
    ...{ boxes: out, scores, sheet, video, force },
    ...(source.kind === "video" && !isStreamInput(input) && { soundOf: input }),
  });
  const last = Math.min(end ?? Number.POSITIVE_INFINITY, source.frameCount ?? Number.POSITIVE_INFINITY);
  const counter = createCounter(boxes.length, Number.isFinite(last) ? last - start : undefined);
  const toStdout = printsBoxes(options);
  const sinks = [...outputs.sinks, counter.sink, ...(toStdout ? [boxPrinter] : [])];
  let summary: TrackVideoSummary;
  let tracker: Tracker | undefined;
  try {
    tracker = await loadTracker(model, {
      device,
      precision,
      redetect,
      adapter,
      threads,
    });
    summary = await trackVideo(source, tracker, boxes, { start, end, sinks, signal });
    await outputs.commit();
  } catch (error) {
    await outputs.discard();
    throw error;
  } finally {
    counter.done();
    await tracker?.dispose();
  }
  const { width, height } = source;
  const { states, lastBoxes } = counter;
  const { files } = outputs;
  const used = tracker.device ?? device;
  const report = { input, model, device: used, width, height, start, ...summary, states, lastBoxes, files };
  printTrackReport(report, { json, toErrors: toStdout || usesStdout(options) });
  if (summary.stopped instanceof LoratError) throw summary.stopped;
}

function checkAgainstSource(input: string, source: FrameSource, { box, start }: TrackCliOptions): void {
  for (const one of box) {
    const problem = boxProblem(one, source);
    if (problem) throw problem;
  }
  const { frameCount } = source;
  if (frameCount !== undefined && start >= frameCount) {
    throw new LoratError("FRAME_RANGE", `${input} has ${frameCount} frames: there is no frame ${start}`, {
      hint: "Frames are counted from 0.",
    });
  }
}

const boxPrinter: FrameSink = {
  write: ({ results }) => {
    process.stdout.write(`${formatBox(results[0]!.box)}\n`);
  },
};

/** Counts the states of each target and shows progress. */
function createCounter(targetCount: number, total: number | undefined) {
  const progress = createProgress({ label: "tracking", unit: "frames", total });
  const states = Array.from(
    { length: targetCount },
    (): Record<TargetState, number> => ({
      tracked: 0,
      uncertain: 0,
      lost: 0,
    }),
  );
  const lastBoxes: Box[] = [];
  let frames = 0;
  const sink: FrameSink = {
    write: ({ results }) => {
      results.forEach(({ state, box }, i) => {
        states[i]![state]++;
        lastBoxes[i] = box;
      });
      progress.update(++frames);
    },
  };
  return { sink, states, lastBoxes, done: () => progress.done() };
}
