import { resolve } from "node:path";
import { Command, Option } from "@commander-js/extra-typings";
import type { Box, Tracker } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { isStdout } from "../files/output-place.ts";
import { liveInput } from "../media/live-input.ts";
import { boxProblem } from "../track/box-problem.ts";
import { usageError } from "./errors.ts";
import {
  adapterOption,
  deviceOption,
  modelOption,
  precisionOption,
  redetectOption,
  threadsOption,
} from "./network-options.ts";
import { positive, size, wholeNumber } from "./values.ts";

/** Options of `lorat track` as they are read. */
type TrackFlags = ReturnType<ReturnType<typeof trackOptions>["opts"]>;

/** The command with its options. */
export function trackOptions() {
  return new Command("track")
    .description("follow an object through a video or a folder of images")
    .argument(
      "<input>",
      "video file, folder of images, http(s) address, camera:0, rtsp:// address, or - for standard input",
    )
    .optionsGroup("The object:")
    .addOption(
      new Option(
        "--box <x,y,w,h>",
        "the object on the first frame, in pixels; give it again for more",
      ).argParser(collectBox),
    )
    .option("--boxes-from <file>", "several objects from a file, x,y,w,h a line")
    .option("--start <frame>", "frame that the box is on, counted from 0", wholeNumber, 0)
    .option("--end <frame>", "stop before this frame", wholeNumber)
    .option("--backward", "from the box back to the first frame; files still hold the first frame first")
    .option(
      "--preview <file>",
      "write the frame at --start as a picture with a grid and pixel numbers, to choose a box by; tracks nothing",
    )
    .optionsGroup("The input:")
    .option(
      "--fps <number>",
      "frames a second of an input that does not tell: a folder of images, raw frames",
      positive,
    )
    .option("--pattern <names>", "the images of a folder to take, such as 'left_*.png'")
    .option("--allow-gaps", "take the images of a folder as they follow, whatever their numbers")
    .option("--raw <WxH>", "the input is bytes of pixels, in frames of this size", size)
    .addOption(
      new Option("--raw-format <format>", "order of the bytes of a raw pixel")
        .choices(["rgb24", "bgr24", "rgba", "bgra", "gray"])
        .default("rgb24" as const),
    )
    .optionsGroup("The network:")
    .addOption(modelOption())
    .addOption(adapterOption())
    .addOption(deviceOption())
    .addOption(precisionOption())
    .addOption(threadsOption())
    .addOption(redetectOption())
    .optionsGroup("What is written:")
    .option(
      "--out <path>",
      "write x,y,w,h a line; .csv and .json: frame, time, box, score, state (several boxes: FILE_1, FILE_2 …)",
    )
    .option("--scores <file>", "write frame,score,state a line as CSV (several boxes: FILE_1, FILE_2 …)")
    .option(
      "--sheet <file>",
      "write a dozen frames with their boxes as one picture: .png, .jpg, .webp, .gif, .tif",
    )
    .option(
      "--video <file>",
      "write the annotated video, with its sound unless --backward: .mp4, .mov, .mkv, .webm or .gif",
    )
    .option("--force", "replace outputs that exist")
    .option("--json", "print the summary as one JSON object")
    .addHelpText(
      "after",
      "\nWithout any output file the boxes go to standard output; - as a file is standard output too.",
    );
}

/** Options of `lorat track` as commander reads them, with the boxes. */
export type TrackCliOptions = Omit<TrackFlags, "box"> & { readonly box: readonly Box[] };

export type LoadTracker = (
  model: string,
  options: Pick<TrackFlags, "device" | "precision" | "threads" | "adapter"> & { readonly redetect: boolean },
) => Promise<Tracker>;

/** Whether an output that was named is standard output. */
export function usesStdout({ out, scores, sheet, video }: TrackCliOptions): boolean {
  return [out, scores, sheet, video].some(isStdout);
}

/** Whether the boxes go to standard output, for want of any other place. */
export function printsBoxes({ out, scores, sheet, video, json }: TrackCliOptions): boolean {
  return !out && !scores && !sheet && !video && !json;
}

/** Throws what is wrong with the command line whatever the input holds. */
export function checkTrackOptions(input: string, options: TrackCliOptions): void {
  const { box, start, end, backward, raw, preview, out, scores, sheet, video } = options;
  // Not left to commander, which would say this of a misspelt --box too.
  if (box.length === 0 && preview === undefined) {
    throw usageError(
      "--box is missing",
      "For example --box 120,80,64,48, as x,y,width,height; --preview grid.png helps to find it.",
    );
  }
  for (const one of box) {
    const problem = boxProblem(one);
    if (problem) throw problem;
  }
  if (backward && (raw || liveInput(input)))
    throw usageError("--backward needs a file or a folder: what is live cannot be read back");
  if (backward && end !== undefined && end >= start)
    throw usageError(`--end ${end} must come before --start ${start} with --backward`);
  if (!backward && end !== undefined && end <= start)
    throw usageError(`--end ${end} must come after --start ${start}`);
  if (preview !== undefined && [out, scores, sheet, video].some((path) => path !== undefined))
    throw usageError("--preview tracks nothing, so that there is nothing else to write");
  const outputs = [out, scores, sheet, video, preview];
  if (outputs.filter(isStdout).length > 1 || (usesStdout(options) && options.json)) {
    throw usageError("standard output can take one thing only", "Give files for the others.");
  }
  const twice = samePathTwice([input === "-" ? undefined : input, ...outputs.filter((path) => path !== "-")]);
  if (twice) throw usageError(`${twice} is named twice: inputs and outputs must differ`);
  if (box.length > 1 && (printsBoxes(options) || isStdout(out) || isStdout(scores))) {
    throw usageError("several boxes cannot share standard output", "Name a box file with --out.");
  }
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

/** The first path that names the same file as one before it. */
export function samePathTwice(paths: readonly (string | undefined)[]): string | undefined {
  const given = paths.filter((path) => path !== undefined);
  return given.find((path, i) => given.findIndex((other) => resolve(other) === resolve(path)) < i);
}

function collectBox(text: string, before: Box[] | undefined): Box[] {
  return [...(before ?? []), parseBox(text)];
}
