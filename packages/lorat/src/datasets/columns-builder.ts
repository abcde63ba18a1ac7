import { createHash } from "node:crypto";
import type { CleanObject } from "./clean.ts";
import type { DatasetColumns } from "./columns.ts";
import type { FrameNames, FramePattern } from "./frame-names.ts";
import { growing, growingTexts } from "./growing.ts";

/** A cleaned sequence on its way into the columns. */
interface SequenceToAdd {
  readonly name: string;
  /** From the dataset's folder, or absolute. */
  readonly folder: string;
  readonly frames: FrameNames;
  readonly objects: readonly CleanObject[];
}

/** Columns without what describes the dataset as a whole. */
export type BareColumns = Omit<DatasetColumns, "name" | "kind" | "root" | "fingerprint" | "warnings">;

interface ColumnsBuilder {
  readonly sequences: number;
  add(sequence: SequenceToAdd): void;
  finish(): BareColumns;
}

/** Gathers sequences into columns, in the order in which they come. */
export function columnsBuilder(): ColumnsBuilder {
  const u32 = () => growing((length) => new Uint32Array(length));
  const f64 = () => growing((length) => new Float64Array(length));
  const [names, folders, files] = [growingTexts(), growingTexts(), growingTexts()];
  const patterns: FramePattern[] = [];
  const patternIndex = new Map<string, number>();
  const patternOf = growing((length) => new Int32Array(length));
  const [lengths, objectOffsets, firstFrames, rowOffsets, starts] = [u32(), u32(), u32(), u32(), f64()];
  const boxes = growing((length) => new Float32Array(length));
  const presence = growing((length) => new Uint8Array(length));
  objectOffsets.push(0);
  rowOffsets.push(0);

  function addFrames(frames: FrameNames): void {
    lengths.push(frames.count);
    if (frames.kind === "list") {
      patternOf.push(-1);
      starts.push(files.length);
      for (const file of frames.names) files.push(file);
      return;
    }
    const key = JSON.stringify(frames.pattern);
    const known = patternIndex.get(key) ?? patterns.push(frames.pattern) - 1;
    patternIndex.set(key, known);
    patternOf.push(known);
    starts.push(frames.start);
  }

  return {
    get sequences() {
      return names.length;
    },
    add({ name, folder, frames, objects }) {
      names.push(name);
      folders.push(folder);
      addFrames(frames);
      for (const object of objects) {
        firstFrames.push(object.first);
        boxes.append(object.boxes);
        presence.append(object.present);
        rowOffsets.push(presence.length);
      }
      objectOffsets.push(firstFrames.length);
    },
    finish: () => ({
      patterns,
      names: names.column(),
      folders: folders.column(),
      files: files.column(),
      lengths: lengths.values(),
      patternOf: patternOf.values(),
      starts: starts.values(),
      objectOffsets: objectOffsets.values(),
      firstFrames: firstFrames.values(),
      rowOffsets: rowOffsets.values(),
      boxes: boxes.values(),
      presence: packBits(presence.values()),
    }),
  };
}

/**
 * Tells datasets apart by what training sees of them: names, pictures' names, boxes, presence. Not by where they lie nor
 * when they were written, so that a copy on another disk is the same dataset.
 */
export function fingerprintOf(columns: BareColumns, choice: string): string {
  const hash = createHash("sha256").update(choice).update(JSON.stringify(columns.patterns));
  const {
    names,
    files,
    lengths,
    patternOf,
    starts,
    objectOffsets,
    firstFrames,
    rowOffsets,
    boxes,
    presence,
  } = columns;
  const parts = [names.bytes, names.offsets, files.bytes, files.offsets, lengths, patternOf, starts];
  for (const part of [...parts, objectOffsets, firstFrames, rowOffsets, boxes, presence]) {
    hash.update(`${part.byteLength};`).update(part);
  }
  return hash.digest("hex");
}

/** Zeros and ones to bits, low ones first. */
function packBits(values: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, i) => {
    if (value) bits[i >>> 3]! |= 1 << (i & 7);
  });
  return bits;
}
