import type { Box } from "@lorat/core";
import { Command, InvalidArgumentError } from "commander";
import { deviceOption, precisionOption } from "./network-options.ts";
import { checkTrackOptions, type LoadTracker, parseBox, type TrackCliOptions } from "./track-options.ts";

/** `lorat track`: follows one or several objects through a video or a folder of images. */
export function trackCommand(loadTracker: LoadTracker = loadModelTracker): Command {
  return new Command("track")
    .description("follow an object through a video or a folder of images")
    .argument("<input>", "video file, folder of images, or - for a video on standard input")
    .option("--box <x,y,w,h>", "the object on the first frame, in pixels; give it again for more", collectBox)
    .option("--model <model>", "name of a model that comes with lorat, or a model folder", "nano")
    .option("--adapter <file>", "adapter for that model, as lorat finetune writes them")
    .addOption(deviceOption())
    .addOption(precisionOption())
    .option("--redetect", "look for a lost object in the whole frame; at most two more passes a frame")
    .option("--start <frame>", "frame that the box is on, counted from 0", frameNumber, 0)
    .option("--end <frame>", "stop before this frame", frameNumber)
    .option("--fps <number>", "frames a second of a folder of images, for --video", positive)
    .option("--pattern <names>", "the images of a folder to take, such as 'left_*.png'")
    .option("--allow-gaps", "take the images of a folder as they follow, whatever their numbers")
    .option("--out <file>", "write x,y,w,h a line (several boxes: FILE_1, FILE_2 …)")
    .option("--scores <file>", "write frame,score,state a line as CSV (several boxes: FILE_1, FILE_2 …)")
    .option(
      "--sheet <file>",
      "write a dozen frames with their boxes as one picture: .png, .jpg, .webp, .gif, .tif",
    )
    .option("--video <file>", "write the annotated video with its sound: .mp4, .mov, .mkv, .webm or .gif")
    .option("--force", "replace outputs that exist")
    .option("--json", "print the summary as one JSON object")
    .addHelpText(
      "after",
      "\nWithout any output file the boxes go to standard output; - as a file is standard output too.",
    )
    .action(async (input: string, { box = [], ...others }: TrackCliOptions) => {
      const options = { box, ...others };
      checkTrackOptions(input, options);
      const { runTrack } = await import("./run-track.ts");
      await runTrack(input, options, loadTracker);
    });
}

const loadModelTracker: LoadTracker = async (model, options) =>
  (await import("../trackers/model/load-tracker.ts")).loadTracker(model, options);

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

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("A number above 0 is needed.");
  return value;
}
