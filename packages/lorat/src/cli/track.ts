import type { Box, TargetState, Tracker } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { Command, InvalidArgumentError, Option } from "commander";
import { openFrames } from "../media/frame-source.ts";
import { formatBox } from "../output/boxes-file.ts";
import { boxProblem } from "../tracking/box-problem.ts";
import { openTrackOutputs, samePathTwice } from "../tracking/track-outputs.ts";
import { type FrameSink, type TrackVideoSummary, trackVideo } from "../tracking/track-video.ts";
import { usageError } from "./errors.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { createProgress } from "./progress.ts";
import { printTrackReport, type TrackReport } from "./track-report.ts";

const DEVICES = ["auto", "cpu", "webgpu", "cuda", "wasm"] as const;

interface Options {
  box: Box[];
  model: string;
  device: (typeof DEVICES)[number];
  start: number;
  end?: number;
  out?: string;
  scores?: string;
  video?: string;
  force?: boolean;
  json?: boolean;
}

type LoadTracker = (model: string, options: { device: Options["device"] }) => Promise<Tracker>;

const loadModelTracker: LoadTracker = async (model, options) =>
  (await import("../models/load-tracker.ts")).loadTracker(model, options);

/** `lorat track`: follows one or several objects through a video or a folder of images. */
export function trackCommand(loadTracker: LoadTracker = loadModelTracker): Command {
  return new Command("track")
    .description("follow an object through a video or a folder of images")
    .argument("<input>", "video file (MP4, MOV, Matroska, WebM, MPEG-TS) or folder of images")
    .option("--box <x,y,w,h>", "the object on the first frame, in pixels; give it again for more", collectBox)
    .option("--model <model>", "name of a model that comes with lorat, or a model folder", "nano")
    .addOption(new Option("--device <device>", "where the network runs").choices(DEVICES).default("auto"))
    .option("--start <frame>", "frame that the box is on, counted from 0", frameNumber, 0)
    .option("--end <frame>", "stop before this frame", frameNumber)
    .option("--out <file>", "write x,y,w,h a line (several boxes: FILE_1, FILE_2 …)")
    .option("--scores <file>", "write frame,score,state a line as CSV (several boxes: FILE_1, FILE_2 …)")
    .option("--video <file>", "write the annotated video, MP4")
    .option("--force", "replace outputs that exist")
    .option("--json", "print the summary as one JSON object")
    .addHelpText("after", "\nWithout any output file the boxes go to standard output.")
    .action((input: string, { box = [], ...options }: Options) =>
      runTrack(input, { ...options, box }, loadTracker),
    );
}

async function runTrack(input: string, options: Options, loadTracker: LoadTracker): Promise<void> {
  checkOptions(input, options);
  const interruption = listenForInterrupt();
  const source = await openFrames(input);
  try {
    const { start, box: boxes } = options;
    const end = Math.min(
      options.end ?? Number.POSITIVE_INFINITY,
      source.frameCount ?? Number.POSITIVE_INFINITY,
    );
    for (const box of boxes) throwIfSet(boxProblem(box, source));
    if (source.frameCount !== undefined && start >= source.frameCount) {
      const message = `${input} has ${source.frameCount} frames: there is no frame ${start}`;
      throw new LoratError("FRAME_RANGE", message, { hint: "Frames are counted from 0." });
    }
    const outputs = await openTrackOutputs(source, boxes.length, { ...options, boxes: options.out });
    const counter = countStates(boxes.length, Number.isFinite(end) ? end - start : undefined);
    const sinks = [...outputs.sinks, counter.sink, ...(printsBoxes(options) ? [boxPrinter] : [])];
    let summary: TrackVideoSummary;
    let tracker: Tracker | undefined;
    try {
      tracker = await loadTracker(options.model, { device: options.device });
      summary = await trackVideo(source, tracker, boxes, {
        start,
        end: options.end,
        sinks,
        signal: interruption.signal,
      });
      await outputs.commit();
    } catch (error) {
      await outputs.discard();
      throw error;
    } finally {
      counter.done();
      await tracker?.dispose();
    }
    const { width, height } = source;
    const { model, device } = options;
    const report: TrackReport = {
      input,
      model,
      device,
      width,
      height,
      start,
      ...summary,
      ...counter,
      ...outputs,
    };
    printTrackReport(report, { json: options.json ?? false, toErrors: printsBoxes(options) });
    if (summary.stopped instanceof LoratError) throw summary.stopped;
    if (interruption.signal.aborted) process.exitCode = interruption.status();
  } finally {
    interruption.release();
    await source.dispose();
  }
}

/** What is wrong with the command line whatever the input holds. */
function checkOptions(input: string, { box, start, end, out, scores, video, json }: Options): void {
  // Not left to commander, which would say this of a misspelt --box too.
  if (box.length === 0)
    throw usageError("--box is missing", "For example --box 120,80,64,48, as x,y,width,height.");
  for (const one of box) throwIfSet(boxProblem(one));
  if (end !== undefined && end <= start) throw usageError(`--end ${end} must come after --start ${start}`);
  const twice = samePathTwice([input, out, scores, video]);
  if (twice) throw usageError(`${twice} is named twice: inputs and outputs must differ`);
  if (box.length > 1 && !out && !scores && !video && !json) {
    throw usageError("several boxes cannot share standard output", "Name a box file with --out.");
  }
}

function printsBoxes({ out, scores, video, json }: Options): boolean {
  return !out && !scores && !video && !json;
}

const boxPrinter: FrameSink = {
  write: ({ results }) => {
    process.stdout.write(`${formatBox(results[0]!.box)}\n`);
  },
};

/** Counts the states of each target and shows progress. */
function countStates(targetCount: number, total: number | undefined) {
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

/** Reads `x,y,width,height`; throws `BOX_MALFORMED`. */
export function parseBox(text: string): Box {
  const values = text.split(",").map((word) => (word.trim() === "" ? Number.NaN : Number(word)));
  if (values.length !== 4 || !values.every(Number.isFinite)) {
    throw new LoratError("BOX_MALFORMED", `--box expects four numbers x,y,width,height, found "${text}"`, {
      hint: "For example --box 120,80,64,48: pixels from the top-left corner, without spaces.",
    });
  }
  const [x, y, width, height] = values as [number, number, number, number];
  return { x, y, width, height };
}

function collectBox(text: string, before: Box[] = []): Box[] {
  return [...before, parseBox(text)];
}

function frameNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0) {
    throw new InvalidArgumentError("A whole number from 0 on is needed.");
  }
  return value;
}

function throwIfSet(error: LoratError | undefined): void {
  if (error) throw error;
}
