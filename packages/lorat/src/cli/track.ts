import { checkTrackOptions, type LoadTracker, trackOptions } from "./track-options.ts";

/** `lorat track`: follows one or several objects through a video or a folder of images. */
export function trackCommand(loadTracker: LoadTracker = loadModelTracker) {
  return trackOptions().action(async (input, { box = [], ...others }) => {
    const options = { box, ...others };
    checkTrackOptions(input, options);
    const { runTrack } = await import("./run-track.ts");
    await runTrack(input, options, loadTracker);
  });
}

const loadModelTracker: LoadTracker = async (model, options) =>
  (await import("../trackers/model/load-tracker.ts")).loadTracker(model, options);
