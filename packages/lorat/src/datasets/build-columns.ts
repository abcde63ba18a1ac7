import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import { mapAhead } from "../threads/map-ahead.ts";
import type { PictureSize } from "./annotation-source.ts";
import { type AnnotationSource, summarise } from "./annotation-source.ts";
import { cleanSequence } from "./clean.ts";
import { type BareColumns, columnsBuilder } from "./columns-builder.ts";
import type { DatasetKind } from "./dataset.ts";
import { below } from "./files.ts";
import { frameName, sliceFrames } from "./frame-names.ts";
import { boxesFromFile } from "./pixel-origin.ts";
import type { RawSequence, SequenceEntry } from "./raw.ts";
import { unpackVideo } from "./unpack-video.ts";

/** How far the reading of a dataset has come. */
export interface IndexProgress {
  readonly phase: "reading" | "unpacking";
  readonly done: number;
  /** Sequences, or frames of the video that is being unpacked. */
  readonly total: number;
  /** The video. */
  readonly name?: string;
}

export interface BuildOptions {
  /** Where videos are unpacked to. */
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
}

const IN_FLIGHT = 16;
const MAX_PROBLEMS = 1000;

/**
 * Reads, checks and cleans sequences, a bounded number at a time, and gathers them in the order of `entries`. Sequences
 * without pictures, or of which cleaning leaves nothing, are left out with a warning. Problems of all sequences are reported
 * together: a single one as it is, several as `DATASET_ANNOTATIONS`.
 */
export async function buildColumns(
  source: AnnotationSource,
  entries: readonly SequenceEntry[],
  { cacheDir, signal, onProgress }: BuildOptions,
  kind: DatasetKind,
): Promise<BareColumns> {
  const builder = columnsBuilder();
  const problems: LoratError[] = [];
  let done = 0;
  for await (const sequences of mapAhead(entries, IN_FLIGHT, (entry) => readChecked(source, entry))) {
    signal?.throwIfAborted();
    onProgress?.({ phase: "reading", done: ++done, total: entries.length });
    if (sequences instanceof LoratError) {
      problems.push(sequences);
      if (problems.length >= MAX_PROBLEMS) break;
      continue;
    }
    for (const { sequence, size } of problems.length === 0 ? sequences : []) {
      const objectsFromZero = sequence.objects.map((object) => ({
        ...object,
        boxes: boxesFromFile(object.boxes, kind),
      }));
      const clean = cleanSequence(objectsFromZero, size);
      if (!clean) {
        source.warn("no frame with a box, left out", sequence.name);
        continue;
      }
      const { begin, end, objects } = clean;
      let { folder } = sequence;
      if (sequence.video !== undefined) {
        const name = sequence.video;
        folder = await unpackVideo(join(source.root, name), cacheDir, [begin, end], {
          signal,
          onFrame: (frames) => onProgress?.({ phase: "unpacking", done: frames, total: end - begin, name }),
        });
        source.watch(folder);
      }
      builder.add({ name: sequence.name, folder, frames: sliceFrames(sequence.frames, begin, end), objects });
    }
  }
  if (problems.length === 1) throw problems[0]!;
  if (problems.length > 1) throw together(problems, source.root);
  return builder.finish();
}

interface CheckedSequence {
  readonly sequence: RawSequence;
  readonly size: PictureSize | undefined;
}

async function readChecked(
  source: AnnotationSource,
  entry: SequenceEntry,
): Promise<CheckedSequence[] | LoratError> {
  try {
    const checked: CheckedSequence[] = [];
    for (const sequence of await entry.read()) {
      const { name, frames } = sequence;
      if (frames.count === 0) {
        source.warn("no pictures, left out", name);
        continue;
      }
      checkLength(sequence);
      if (hasNegativeSize(sequence)) source.warn("boxes of negative size, taken as absent", name);
      checked.push({ sequence, size: sequence.size ?? (await firstSize(source, sequence)) });
    }
    return checked;
  } catch (error) {
    if (error instanceof LoratError) return error;
    throw error;
  }
}

/** Throws `DATASET_LENGTH` where frames and rows do not belong together. */
function checkLength({ name, rows, frames, objects }: RawSequence): void {
  const hint = "Correct the annotation, or choose the other sequences with a list.";
  if (rows !== undefined && rows !== frames.count) {
    const found = `${name}: ${rows} rows of boxes, ${frames.count} frames`;
    throw new LoratError("DATASET_LENGTH", found, { hint });
  }
  const last = objects.reduce((most, { first, boxes }) => Math.max(most, first + boxes.length / 4), 0);
  if (last > frames.count) {
    const found = `${name}: boxes up to frame ${last}, ${frames.count} frames`;
    throw new LoratError("DATASET_LENGTH", found, { hint });
  }
}

/** Size of the first picture, or of the last where the first cannot be read. */
async function firstSize(
  source: AnnotationSource,
  { name, folder, frames }: RawSequence,
): Promise<PictureSize | undefined> {
  for (const frame of [0, frames.count - 1]) {
    const size = await source.pictureSize(below(folder, frameName(frames, frame)));
    if (size) return size;
  }
  source.warn("pictures whose size cannot be read, so that boxes are not clipped to them", name);
  return undefined;
}

function hasNegativeSize({ objects }: RawSequence): boolean {
  return objects.some(({ boxes }) => {
    for (let i = 0; i < boxes.length; i += 4) if (boxes[i + 2]! < 0 || boxes[i + 3]! < 0) return true;
    return false;
  });
}

function together(problems: readonly LoratError[], root: string): LoratError {
  const shown = problems
    .slice(0, 20)
    .map(({ message, issues }) => [message, ...issues.slice(0, 2)].join("; "));
  const rest = problems.length - shown.length;
  const codes = summarise([...new Set(problems.map(({ code }) => code))], 5);
  return new LoratError(
    "DATASET_ANNOTATIONS",
    `${problems.length} sequences of ${root} cannot be used (${codes})`,
    {
      issues: rest > 0 ? [...shown, `and ${rest} more`] : shown,
      hint: "Correct the annotations, or choose the other sequences with a list.",
    },
  );
}
