import { extname } from "node:path";
import type { Frame, TrackResult } from "@lorat/core";
import { createLineFile, type LineFile } from "../../files/line-file.ts";
import type { OutputOptions } from "../../files/pending-file.ts";
import { decimals, formatBox } from "./boxes-file.ts";

/** What one target came to, a frame at a time. */
interface TrackFile extends Omit<LineFile, "write"> {
  write(frame: Frame, result: TrackResult): void | Promise<void>;
}

interface TrackFileOptions extends OutputOptions {
  /** Frames come last one first: lines are written at the end, the first frame first. */
  readonly backward?: boolean | undefined;
  /** Frames a second where the frames themselves have no time. */
  readonly fps?: number | undefined;
}

/**
 * Starts the file of one target. Its extension tells the form: `.csv` and `.json` hold frame number (from 0), time in seconds, box,
 * score and state; anything else `x,y,width,height` lines. Pixels from the top-left corner of the image.
 */
export async function createTrackFile(
  path: string,
  { backward = false, fps, ...options }: TrackFileOptions = {},
): Promise<TrackFile> {
  const form = FORMS[extname(path).toLowerCase()] ?? TEXT;
  const file = await createLineFile(path, options);
  const lines = orderedLines(file, form, backward);
  return {
    path,
    write: (frame, result) => lines.write(form.line(frame, result, timeOf(frame, fps))),
    commit: async () => {
      await lines.end();
      await file.commit();
    },
    discard: file.discard,
  };
}

interface Form {
  readonly before?: string;
  /** Between two lines, at the end of the first. */
  readonly between: string;
  readonly after?: string;
  line(frame: Frame, result: TrackResult, time: number | undefined): string;
}

const TEXT: Form = { between: "", line: (_, { box }) => formatBox(box) };

const FORMS: Readonly<Record<string, Form>> = {
  ".csv": {
    before: "frame,time,x,y,width,height,score,state",
    between: "",
    line: ({ index = 0 }, { box, score, state }, time) =>
      [index, time === undefined ? "" : decimals(time, 6), formatBox(box), decimals(score, 6), state].join(
        ",",
      ),
  },
  ".json": {
    before: "[",
    between: ",",
    after: "]",
    line: ({ index = 0 }, { box, score, state }, time) => {
      const [x, y, width, height] = formatBox(box).split(",").map(Number);
      const rounded = { score: Number(decimals(score, 6)), state };
      const seconds = time === undefined ? null : Number(decimals(time, 6));
      return JSON.stringify({ frame: index, time: seconds, x, y, width, height, ...rounded });
    },
  },
};

function timeOf({ timestampSec, index }: Frame, fps: number | undefined): number | undefined {
  return timestampSec ?? (fps !== undefined && index !== undefined ? index / fps : undefined);
}

/** Writes lines as they come, or all at the end in reverse. One is always held back, since the last has nothing after it. */
function orderedLines(file: LineFile, { before, between, after }: Form, backward: boolean) {
  const held: string[] = [];
  const write = async (lines: readonly string[]) => {
    for (const line of lines) await file.write(line);
  };
  let begun = false;
  const begin = (): readonly string[] => {
    if (begun || before === undefined) return [];
    begun = true;
    return [before];
  };
  return {
    write(line: string): void | Promise<void> {
      if (between === "" && !backward) {
        const first = begin();
        return first.length > 0 ? write([...first, line]) : file.write(line);
      }
      held.push(line);
      if (backward || held.length < 2) return;
      return write([...begin(), held.shift()! + between]);
    },
    async end(): Promise<void> {
      if (backward) held.reverse();
      const last = held.length - 1;
      const rest = held.map((line, i) => (i < last ? line + between : line));
      await write([...begin(), ...rest, ...(after === undefined ? [] : [after])]);
    },
  };
}
