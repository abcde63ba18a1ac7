import { Command, Option } from "@commander-js/extra-typings";
import type { Box } from "@lorat/core";
import {
  adapterOption,
  deviceOption,
  modelOption,
  precisionOption,
  redetectOption,
  threadsOption,
} from "./network-options.ts";
import { checkTrackOptions, type LoadTracker, parseBox } from "./track-options.ts";
import { positive, wholeNumber } from "./values.ts";

/** `lorat track`: follows one or several objects through a video or a folder of images. */
export function trackCommand(loadTracker: LoadTracker = loadModelTracker) {
  return withOptions().action(async (input, { box = [], ...others }) => {
    const options = { box, ...others };
    checkTrackOptions(input, options);
    const { runTrack } = await import("./run-track.ts");
    await runTrack(input, options, loadTracker);
  });
}

/** Options of `lorat track` as they are read. */
export type TrackFlags = ReturnType<ReturnType<typeof withOptions>["opts"]>;

function withOptions() {
  return new Command("track")
    .description("follow an object through a video or a folder of images")
    .argument("<input>", "video file, folder of images, or - for a video on standard input")
    .optionsGroup("The object:")
    .addOption(
      new Option(
        "--box <x,y,w,h>",
        "the object on the first frame, in pixels; give it again for more",
      ).argParser(collectBox),
    )
    .option("--start <frame>", "frame that the box is on, counted from 0", wholeNumber, 0)
    .option("--end <frame>", "stop before this frame", wholeNumber)
    .optionsGroup("The input:")
    .option("--fps <number>", "frames a second of a folder of images, for --video", positive)
    .option("--pattern <names>", "the images of a folder to take, such as 'left_*.png'")
    .option("--allow-gaps", "take the images of a folder as they follow, whatever their numbers")
    .optionsGroup("The network:")
    .addOption(modelOption())
    .addOption(adapterOption())
    .addOption(deviceOption())
    .addOption(precisionOption())
    .addOption(threadsOption())
    .addOption(redetectOption())
    .optionsGroup("What is written:")
    .option("--out <path>", "write x,y,w,h a line (several boxes: FILE_1, FILE_2 …)")
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
    );
}

const loadModelTracker: LoadTracker = async (model, options) =>
  (await import("../trackers/model/load-tracker.ts")).loadTracker(model, options);

function collectBox(text: string, before: Box[] | undefined): Box[] {
  return [...(before ?? []), parseBox(text)];
}
