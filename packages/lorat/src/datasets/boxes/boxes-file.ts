import type { Box, TargetState } from "@lorat/core";
import { createLineFile, type LineFile } from "../../files/line-file.ts";
import type { OutputOptions } from "../../files/pending-file.ts";

/** Scores of one target, one `frame,score,state` line a frame under that heading. */
interface ScoresFile extends Omit<LineFile, "write"> {
  write(frameIndex: number, score: number, state: TargetState): void | Promise<void>;
}

/**
 * Starts a CSV file of scores in `[0, 1]`, at most six decimals; `frame` counts from 0 in the input. With `backward` the frames come
 * last one first, and are written at the end, the first one first.
 */
export async function createScoresFile(
  path: string,
  { backward = false, ...options }: OutputOptions & { readonly backward?: boolean | undefined } = {},
): Promise<ScoresFile> {
  const file = await createLineFile(path, options);
  const held: string[] = [];
  await file.write("frame,score,state");
  return {
    ...file,
    write: (frame, score, state) => {
      const line = `${frame},${decimals(score, 6)},${state}`;
      if (!backward) return file.write(line);
      held.push(line);
    },
    commit: async () => {
      for (const line of held.reverse()) await file.write(line);
      await file.commit();
    },
  };
}

/** `x,y,width,height`, at most four decimals, never in scientific notation. */
export function formatBox({ x, y, width, height }: Box): string {
  return [x, y, width, height].map((value) => decimals(value, 4)).join(",");
}

/** At most that many digits after the point, and never in scientific notation. */
export function decimals(value: number, digits: number): string {
  const text = value.toFixed(digits).replace(/\.?0+$/, "");
  return text === "-0" ? "0" : text;
}
