import { stat } from "node:fs/promises";
import type { Box, TargetState, Tracker } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { formatBox } from "../datasets/boxes/boxes-file.ts";
import { isStdout } from "../files/output-place.ts";
import { backward as reversed } from "../media/backward.ts";
import type { FrameSource } from "../media/frame-source.ts";
import { openFrames } from "../media/open-frames.ts";
import { boxProblem } from "../track/box-problem.ts";
import { openTrackOutputs } from "../track/track-outputs.ts";
import { type FrameSink, type TrackVideoSummary, trackVideo } from "../track/track-video.ts";
import { type Interruption, listenForInterrupt } from "./interrupt.ts";
import { createProgress, type Progress } from "./progress.ts";
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
  const source = await openInput(input, options, interruption.signal).catch((error: unknown) => {
    interruption.release();
    if (!interruption.signal.aborted) throw error;
    console.error("stopped before the first frame");
    process.exitCode = interruption.status();
  });
  if (!source) return;
  for (const note of source.notes ?? []) console.error(`note: ${note}`);
  try {
    if (options.preview !== undefined) await preview(input, source, options, options.preview);
    else await trackSource(input, source, options, loadTracker, interruption);
    if (interruption.signal.aborted) process.exitCode = interruption.status();
  } finally {
    interruption.release();
    await source.dispose();
  }
}

/** Opens the input, with progress where it has to be fetched first. */
async function openInput(
  input: string,
  { fps, pattern, allowGaps, raw, rawFormat, backward }: TrackCliOptions,
  signal: AbortSignal,
): Promise<FrameSource> {
  const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
  let progress: Progress | undefined;
  try {
    const source = await openFrames(input, {
      ...{ fps, pattern, allowGaps, signal },
      raw: raw && { ...raw, format: rawFormat, fps },
      onBytes: (done, total) => {
        progress ??= createProgress({ label: "fetching", unit: "MB", total: total && megabytes(total) });
        progress.update(megabytes(done));
      },
    });
    return backward ? reversed(source) : source;
  } finally {
    progress?.done();
  }
}

/** Writes the frame that boxes are given on as a picture with a grid. */
async function preview(
  input: string,
  source: FrameSource,
  { box: boxes, start, force, json }: TrackCliOptions,
  path: string,
): Promise<void> {
  checkAgainstSource(input, source, { box: boxes, start });
  const { writePreview } = await import("../track/preview.ts");
  for await (const frame of source.frames({ start, end: start + 1 })) {
    await writePreview(path, frame, boxes, { force });
    break;
  }
  const { width, height } = source;
  if (json) console.log(JSON.stringify({ input, frame: start, width, height, preview: path }, null, 2));
  else if (!isStdout(path)) {
    console.log(`frame ${start} of ${input} (${width}x${height}) is in ${path}; its numbers are pixels`);
    console.log("read left, top, width and height of the object off the grid: --box left,top,width,height");
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
    backward = false,
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
    ...{ boxes: out, scores, sheet, video, force, backward },
    ...(source.kind === "video" && !backward && (await isFile(input)) && { soundOf: input }),
  });
  const counter = createCounter(boxes.length, frameCountOf(source, options));
  const toStdout = printsBoxes(options);
  const printer = createBoxPrinter(backward);
  const sinks = [...outputs.sinks, counter.sink, ...(toStdout ? [printer.sink] : [])];
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
    if (toStdout) printer.end();
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

function checkAgainstSource(
  input: string,
  source: FrameSource,
  { box, start }: Pick<TrackCliOptions, "box" | "start">,
): void {
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

/** Frames that will be tracked, where that is known before. */
function frameCountOf(source: FrameSource, { start, end, backward }: TrackCliOptions): number | undefined {
  if (backward) return start - (end ?? -1);
  const last = Math.min(end ?? Number.POSITIVE_INFINITY, source.frameCount ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(last) ? last - start : undefined;
}

/** Prints boxes as they come; backwards all at the end, the first frame first. */
function createBoxPrinter(backward: boolean) {
  const held: string[] = [];
  const sink: FrameSink = {
    write: ({ results }) => {
      const line = `${formatBox(results[0]!.box)}\n`;
      if (backward) held.push(line);
      else process.stdout.write(line);
    },
  };
  return { sink, end: () => void process.stdout.write(held.reverse().join("")) };
}

async function isFile(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() ?? false;
}

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
