import { format, parse } from "node:path";
import { createScoresFile } from "../datasets/boxes/boxes-file.ts";
import { createTrackFile } from "../datasets/boxes/track-file.ts";
import type { FrameSource } from "../media/frame-source.ts";
import { drawMarks } from "../media/overlay.ts";
import { createVideoWriter } from "../media/video-writer.ts";
import { createSheetFile, marksOf } from "./sheet-file.ts";
import type { FrameSink } from "./track-video.ts";

interface TrackOutputOptions {
  /** Box file, `.csv` and `.json` with frame, time, score and state; with several targets each gets its own, `NAME_1.EXT`, `NAME_2.EXT` and so on. */
  boxes?: string;
  /** Scores as CSV, numbered like the box files. */
  scores?: string;
  /** Contact sheet of the run. */
  sheet?: string;
  /** Annotated video. */
  video?: string;
  force?: boolean;
  /** Frames come last one first; box files hold the first frame first all the same. */
  backward?: boolean | undefined;
  /** Video whose sound the annotated one keeps. */
  soundOf?: string;
}

/** The files of a run, all given their names together at its end. */
export interface TrackOutputs {
  readonly sinks: readonly FrameSink[];
  /** Paths by target, the sheet's and the video's. */
  readonly files: {
    readonly boxes: string[];
    readonly scores: string[];
    readonly sheet: string | undefined;
    readonly video: string | undefined;
  };
  commit(): Promise<void>;
  discard(): Promise<void>;
}

interface Output {
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Opens the outputs of a run over `source`; leaves none of them where one cannot be. Throws as they do. */
export async function openTrackOutputs(
  source: FrameSource,
  targetCount: number,
  { boxes, scores, sheet, video, force, backward, soundOf }: TrackOutputOptions,
): Promise<TrackOutputs> {
  const files = {
    boxes: boxes ? numberedPaths(boxes, targetCount) : [],
    scores: scores ? numberedPaths(scores, targetCount) : [],
    sheet,
    video,
  };
  const sinks: FrameSink[] = [];
  const open: Output[] = [];
  const discard = async () => void (await Promise.all(open.map((output) => output.discard())));
  try {
    for (const [i, path] of files.boxes.entries()) {
      const file = await createTrackFile(path, { force, backward, fps: source.fps });
      open.push(file);
      sinks.push({ write: ({ frame, results }) => file.write(frame, results[i]!) });
    }
    for (const [i, path] of files.scores.entries()) {
      const file = await createScoresFile(path, { force, backward });
      open.push(file);
      sinks.push({
        write: ({ frame, results }) => file.write(frame.index ?? 0, results[i]!.score, results[i]!.state),
      });
    }
    if (sheet) {
      const file = await createSheetFile(sheet, { force });
      open.push(file);
      sinks.push(file);
    }
    if (video) {
      const writer = await createVideoWriter(video, {
        width: source.width,
        height: source.height,
        fps: source.fps,
        force,
        soundOf,
        release: (data) => source.recycle({ data }),
      });
      open.push(writer);
      sinks.push({
        ownsFrames: true,
        write: ({ frame, results }) => {
          drawMarks(frame, marksOf(results));
          return writer.add(frame);
        },
      });
    }
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    sinks,
    files,
    discard,
    commit: async () => {
      for (const output of open) await output.commit();
    },
  };
}

/** The path itself for one target, else `NAME_1.EXT` to `NAME_count.EXT`. */
export function numberedPaths(path: string, count: number): string[] {
  if (count === 1) return [path];
  const { dir, name, ext } = parse(path);
  return Array.from({ length: count }, (_, i) => format({ dir, name: `${name}_${i + 1}`, ext }));
}
