import { resolve } from "node:path";
import type { Box, Tracker } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { isStdout } from "../files/output-place.ts";
import { boxProblem } from "../track/box-problem.ts";
import { usageError } from "./errors.ts";
import type { TrackFlags } from "./track.ts";

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
  const { box, start, end, out, scores, sheet, video } = options;
  // Not left to commander, which would say this of a misspelt --box too.
  if (box.length === 0)
    throw usageError("--box is missing", "For example --box 120,80,64,48, as x,y,width,height.");
  for (const one of box) {
    const problem = boxProblem(one);
    if (problem) throw problem;
  }
  if (end !== undefined && end <= start) throw usageError(`--end ${end} must come after --start ${start}`);
  const outputs = [out, scores, sheet, video];
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
