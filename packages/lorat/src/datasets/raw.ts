import type { AnnotationSource, PictureSize } from "./annotation-source.ts";
import type { FrameNames } from "./frame-names.ts";

/** A sequence of the usual benchmark: one object, one row a frame. */
export function oneObject(sequence: {
  name: string;
  folder: string;
  frames: FrameNames;
  boxes: Float64Array;
  hidden?: Uint8Array | undefined;
  size?: PictureSize | undefined;
  video?: string;
}): RawSequence {
  const { boxes, hidden, size, ...rest } = sequence;
  return {
    ...rest,
    size,
    rows: boxes.length / 4,
    objects: [{ first: 0, boxes, hidden }],
  };
}

/** One sequence that can be read; some annotations turn out to hold several. */
export interface SequenceEntry {
  /** By which a list chooses it. */
  readonly name: string;
  read(): Promise<readonly RawSequence[]>;
}

/** How a kind of dataset is read. */
export interface DatasetReader {
  /** The layout in a few words, for who gave a folder of another kind. */
  readonly layout: string;
  /** Its parts, the usual training part first; none where it has no parts. */
  readonly splits: readonly string[];
  /** What can be read, in the dataset's own order; nothing where the folder is not laid out like this kind. */
  entries(source: AnnotationSource, splits: readonly string[]): Promise<readonly SequenceEntry[]>;
}

/** One object as its dataset's annotation has it, before any cleaning. */
export interface RawObject {
  /** Frame of the first row. */
  readonly first: number;
  /** `[rows, 4]`: x, y, width, height, in the numbers of the dataset's files; NaN or without area where there is no box. */
  readonly boxes: Float64Array;
  /** `[rows]`: 1 where the dataset's flags say that it cannot be seen, whatever the box; default: never. */
  readonly hidden?: Uint8Array;
}

/** One sequence as its dataset's annotation has it; the same for training and evaluation. */
export interface RawSequence {
  readonly name: string;
  /** Folder of the pictures, relative to the dataset's. */
  readonly folder: string;
  /** None where the annotation is there without its pictures. */
  readonly frames: FrameNames;
  /** Size of the pictures where the dataset says it. */
  readonly size?: PictureSize;
  readonly objects: readonly RawObject[];
  /** Rows in the annotation where it has one a frame, whose number must then be that of the frames. */
  readonly rows?: number;
  /** Annotated video, relative to the dataset's folder; `frames` are then those that it will be unpacked to. */
  readonly video?: string;
}
