import { isAbsolute, join } from "node:path";
import type { Corners } from "@lorat/core";
import type { Dataset, DatasetKind, DatasetObject, DatasetSequence } from "./dataset.ts";
import { type FramePattern, patternName } from "./frame-names.ts";

/** Texts one after the other, UTF-8; text `i` is `bytes[offsets[i]..offsets[i + 1]]`. */
export interface TextColumn {
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
}

/**
 * An indexed dataset as plain data over one shared buffer: posting it to a worker thread copies nothing. Sizes are
 * `S` sequences, `O` objects, `R` rows (frames of objects) and `N` names of pictures that follow no pattern.
 */
export interface DatasetColumns {
  readonly name: string;
  readonly kind: DatasetKind;
  /** Absolute folder that pictures are found from. */
  readonly root: string;
  readonly fingerprint: string;
  /** Oddities of the annotation that did not keep it from being used. */
  readonly warnings: readonly string[];
  readonly patterns: readonly FramePattern[];
  /** `[S]` */
  readonly names: TextColumn;
  /** `[S]`, from `root`, or absolute. */
  readonly folders: TextColumn;
  /** `[N]` */
  readonly files: TextColumn;
  /** `[S]`: frames. */
  readonly lengths: Uint32Array;
  /** `[S]`: index of the pattern of the names, -1 where they are listed. */
  readonly patternOf: Int32Array;
  /** `[S]`: number of the first frame in the pattern, or index of its name in `files`. */
  readonly starts: Float64Array;
  /** `[S + 1]`: first object. */
  readonly objectOffsets: Uint32Array;
  /** `[O]`: frame of the first row. */
  readonly firstFrames: Uint32Array;
  /** `[O + 1]`: first row. */
  readonly rowOffsets: Uint32Array;
  /** `[R, 4]`: x1, y1, x2, y2. */
  readonly boxes: Float32Array;
  /** `[R]` bits, low ones first. */
  readonly presence: Uint8Array;
}

/** A view over columns; costs nothing, whatever their size. */
export function datasetOf(columns: DatasetColumns): Dataset {
  const { name, kind, fingerprint, lengths } = columns;
  return {
    name,
    kind,
    fingerprint,
    length: lengths.length,
    sequence(index) {
      if (!Number.isInteger(index) || index < 0 || index >= lengths.length)
        throw new RangeError(`${name} has ${lengths.length} sequences: there is no sequence ${index}`);
      return sequenceOf(columns, index);
    },
  };
}

function sequenceOf(columns: DatasetColumns, index: number): DatasetSequence {
  const { root, patterns, lengths, patternOf, starts, objectOffsets } = columns;
  const inside = textAt(columns.folders, index);
  const folder = isAbsolute(inside) ? inside : join(root, inside);
  const pattern = patterns[patternOf[index]!];
  const start = starts[index]!;
  const begin = objectOffsets[index]!;
  return {
    name: textAt(columns.names, index),
    length: lengths[index]!,
    framePath: (frame) =>
      join(folder, pattern ? patternName(pattern, start + frame) : textAt(columns.files, start + frame)),
    objects: Array.from({ length: objectOffsets[index + 1]! - begin }, (_, k) =>
      objectOf(columns, begin + k),
    ),
  };
}

function objectOf(
  { firstFrames, rowOffsets, boxes, presence }: DatasetColumns,
  index: number,
): DatasetObject {
  const first = firstFrames[index]!;
  const begin = rowOffsets[index]!;
  const rows = rowOffsets[index + 1]! - begin;
  return {
    present(frame) {
      const row = frame - first;
      if (row < 0 || row >= rows) return false;
      const bit = begin + row;
      return ((presence[bit >>> 3]! >>> (bit & 7)) & 1) === 1;
    },
    box(frame): Corners {
      const at = 4 * (begin + frame - first);
      return [boxes[at]!, boxes[at + 1]!, boxes[at + 2]!, boxes[at + 3]!];
    },
  };
}

const decoder = new TextDecoder();

/** One text of a column. */
export function textAt({ bytes, offsets }: TextColumn, index: number): string {
  // The decoder refuses shared memory, hence the copy.
  return decoder.decode(bytes.slice(offsets[index]!, offsets[index + 1]!));
}
