import type { DatasetKind } from "./dataset.ts";

/** How a kind of dataset numbers pixels. */
interface PixelOrigin {
  /** Number of the first pixel in the kind's own files, as its authors wrote them. */
  readonly firstPixel: 0 | 1;
  /**
   * What the reference takes off x and y to count from 0, for training and tracking alike (specification 5.1). It leaves the boxes
   * of some kinds that count from 1 as they are.
   */
  readonly shift: 0 | 1;
}

const FROM_ZERO: PixelOrigin = { firstPixel: 0, shift: 0 };
const FROM_ONE: PixelOrigin = { firstPixel: 1, shift: 1 };
const FROM_ONE_KEPT: PixelOrigin = { firstPixel: 1, shift: 0 };

const ORIGINS: Readonly<Partial<Record<DatasetKind, PixelOrigin>>> = {
  lasot: FROM_ONE,
  vasttrack: FROM_ONE,
  otb: FROM_ONE_KEPT,
  uav123: FROM_ONE_KEPT,
  tc128: FROM_ONE_KEPT,
};

/** The one place that knows how a kind numbers pixels. Readers give boxes as the files have them. */
export function pixelOrigin(kind: DatasetKind): PixelOrigin {
  return ORIGINS[kind] ?? FROM_ZERO;
}

/** Boxes of a kind's files, `[rows, 4]` x, y, width, height, as boxes that count pixels from 0. */
export function boxesFromFile(rows: Float64Array, kind: DatasetKind): Float64Array {
  const { shift } = pixelOrigin(kind);
  return shift === 0 ? rows : rows.map((value, i) => (i % 4 < 2 ? value - shift : value));
}

/** What to add to x or y of a box, counted from 0, before it is written as the kind's files are; none for an empty box. */
export function shiftToFile(kind: DatasetKind, { width, height }: { width: number; height: number }): 0 | 1 {
  return width > 0 || height > 0 ? pixelOrigin(kind).shift : 0;
}
