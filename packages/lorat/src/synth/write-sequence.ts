import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LoratError } from "@lorat/graph";
import sharp from "sharp";
import { formatBox } from "../datasets/boxes/boxes-file.ts";
import type { SynthClip, SynthFrame } from "./synthesise.ts";

/** How a clip is written. */
interface WriteSequenceOptions {
  /** Replace a folder that exists. */
  readonly force?: boolean;
  /** One `clip.mp4` in place of numbered JPEG files. */
  readonly video?: boolean;
  /** Frames a second of the video; default: 30. */
  readonly fps?: number;
  /** Quality of the JPEG files, 1 to 100; default: 92. */
  readonly quality?: number;
  readonly onFrame?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** What is known of a written sequence. */
export interface WrittenSequence {
  readonly folder: string;
  readonly frames: number;
  readonly absentFrames: number;
  /** Smallest share of the target that any frame shows. */
  readonly leastVisibility: number;
}

/**
 * Writes a clip as a sequence folder: frames `00000001.jpg` … (or `clip.mp4`), `groundtruth.txt` with one `x,y,w,h` line a
 * frame (NaN where the target cannot be seen), `absence.label` with 1 on those lines and 0 on the others.
 *
 * The folder gets its name when everything in it is written. Throws `OUTPUT_EXISTS` without `force`, `OUTPUT_UNWRITABLE`,
 * and `INTERRUPTED` when the signal asked for an end.
 */
export async function writeSequence(
  folder: string,
  clip: SynthClip,
  options: WriteSequenceOptions = {},
): Promise<WrittenSequence> {
  const { force = false } = options;
  await checkSequenceFree(folder, force);
  const partial = `${folder}.${process.pid}.partial`;
  try {
    await mkdir(dirname(folder), { recursive: true });
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial);
    const truth = options.video
      ? await writeVideo(partial, clip, options)
      : await writeImages(partial, clip, options);
    await writeFile(
      join(partial, "groundtruth.txt"),
      lines(truth.map(({ box }) => (box ? formatBox(box) : "NaN,NaN,NaN,NaN"))),
    );
    await writeFile(join(partial, "absence.label"), lines(truth.map(({ box }) => (box ? "0" : "1"))));
    if (force) await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
    return {
      folder,
      frames: truth.length,
      absentFrames: truth.filter(({ box }) => !box).length,
      leastVisibility: Math.min(...truth.map(({ visibility }) => visibility)),
    };
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    if (cause instanceof LoratError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LoratError("OUTPUT_UNWRITABLE", `${folder} cannot be written: ${reason}`, { cause });
  }
}

/** Throws `OUTPUT_EXISTS` where something has the name already; with `force`, only where that is no sequence. */
export async function checkSequenceFree(folder: string, force: boolean): Promise<void> {
  const isThere = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined;
  if (!(await isThere(folder))) return;
  if (!force) {
    throw new LoratError("OUTPUT_EXISTS", `${folder} exists`, {
      hint: "Choose another folder, or replace it with --force.",
    });
  }
  if (!(await isThere(join(folder, "groundtruth.txt")))) {
    throw new LoratError("OUTPUT_EXISTS", `${folder} exists and is not a sequence, so it is not replaced`);
  }
}

type Truth = Omit<SynthFrame, "frame">;

async function writeImages(folder: string, clip: SynthClip, options: WriteSequenceOptions): Promise<Truth[]> {
  const { quality = 92 } = options;
  const truth: Truth[] = [];
  let writing: Promise<unknown> = Promise.resolve();
  for (const { frame, ...rest } of clip) {
    const name = `${String(truth.length + 1).padStart(8, "0")}.jpg`;
    const raw = { width: frame.width, height: frame.height, channels: 3 } as const;
    // The next frame is rendered while this one is encoded; nothing is being written when the run is stopped.
    await writing;
    stopIfAsked(options.signal);
    writing = sharp(frame.data, { raw })
      .jpeg({ quality })
      .toBuffer()
      .then((bytes) => writeFile(join(folder, name), bytes));
    writing.catch(() => {}); // thrown where it is awaited
    truth.push(rest);
    options.onFrame?.(truth.length);
  }
  await writing;
  return truth;
}

async function writeVideo(folder: string, clip: SynthClip, options: WriteSequenceOptions): Promise<Truth[]> {
  const { fps = 30 } = options;
  // Loaded here, since encoders are large and most sequences are folders of pictures.
  const { createVideoWriter } = await import("../media/video-writer.ts");
  const writer = await createVideoWriter(join(folder, "clip.mp4"), {
    width: clip.width,
    height: clip.height,
    fps,
  });
  try {
    const truth: Truth[] = [];
    for (const { frame, ...rest } of clip) {
      stopIfAsked(options.signal);
      await writer.add(frame);
      truth.push(rest);
      options.onFrame?.(truth.length);
    }
    await writer.commit();
    return truth;
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

function stopIfAsked(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LoratError("INTERRUPTED", "stopped; the sequence in hand was removed");
}

function lines(rows: readonly string[]): string {
  return `${rows.join("\n")}\n`;
}
