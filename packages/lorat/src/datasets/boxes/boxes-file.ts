import type { Box, TargetState } from "@lorat/core";
import { createLineFile, type LineFile } from "../../files/line-file.ts";
import type { OutputOptions } from "../../files/pending-file.ts";

/** Boxes of one target, one `x,y,width,height` line a frame. */
interface BoxesFile extends Omit<LineFile, "write"> {
  write(box: Box): void | Promise<void>;
}

/** Scores of one target, one `frame,score,state` line a frame under that heading. */
interface ScoresFile extends Omit<LineFile, "write"> {
  write(frameIndex: number, score: number, state: TargetState): void | Promise<void>;
}

/** Starts a box file: pixels, origin at the top-left corner of the image, at most four decimals, no heading. */
export async function createBoxesFile(path: string, options: OutputOptions = {}): Promise<BoxesFile> {
  const { write, ...file } = await createLineFile(path, options);
  return { ...file, write: (box) => write(formatBox(box)) };
}

/** Starts a CSV file of scores in `[0, 1]`, at most six decimals; `frame` counts from 0 in the input. */
export async function createScoresFile(path: string, options: OutputOptions = {}): Promise<ScoresFile> {
  const { write, ...file } = await createLineFile(path, options);
  await write("frame,score,state");
  return { ...file, write: (frame, score, state) => write(`${frame},${decimals(score, 6)},${state}`) };
}

/** `x,y,width,height`, at most four decimals, never in scientific notation. */
export function formatBox({ x, y, width, height }: Box): string {
  return [x, y, width, height].map((value) => decimals(value, 4)).join(",");
}

function decimals(value: number, digits: number): string {
  const text = value.toFixed(digits).replace(/\.?0+$/, "");
  return text === "-0" ? "0" : text;
}
