import type { Box } from "@lorat/core";
import { usageError } from "./errors.ts";
import { checkTrackOptions, type LoadTracker, trackOptions } from "./track-options.ts";

/** `lorat track`: follows one or several objects through a video or a folder of images. */
export function trackCommand(loadTracker: LoadTracker = loadModelTracker) {
  return trackOptions().action(async (input, { box = [], ...others }) => {
    const options = { box: [...box, ...(await boxesFrom(others.boxesFrom))], ...others };
    checkTrackOptions(input, options);
    const { runTrack } = await import("./run-track.ts");
    await runTrack(input, options, loadTracker);
  });
}

/** The boxes of a file; none without one. */
async function boxesFrom(path: string | undefined): Promise<Box[]> {
  if (path === undefined) return [];
  const boxes = await (await import("../datasets/boxes/read-boxes.ts")).readBoxes(path);
  if (boxes.length === 0) throw usageError(`${path} holds no box`, "One x,y,width,height a line, in pixels.");
  return boxes;
}

const loadModelTracker: LoadTracker = async (model, options) =>
  (await import("../trackers/model/load-tracker.ts")).loadTracker(model, options);
