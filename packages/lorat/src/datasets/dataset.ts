import type { Corners } from "@lorat/core";

/** The benchmarks and annotation formats that are read, by their names on the command line (`KIND:PATH`). */
export const DATASET_KINDS = [
  "lasot",
  "lasot_ext",
  "trackingnet",
  "got10k",
  "tnl2k",
  "vasttrack",
  "coco",
  "otb",
  "uav123",
  "nfs",
  "tc128",
  "vot",
  "folder",
  "mot",
  "coco_video",
  "cvat",
  "yolo",
] as const;
export type DatasetKind = (typeof DATASET_KINDS)[number];

/** One object through the frames of a sequence. */
export interface DatasetObject {
  /** Whether a frame shows it, by the dataset's own flags and the cleaning filters. */
  present(frame: number): boolean;
  /** Its box, pixels of the file, clipped to the picture where its size is known; not to be read where it is absent. */
  box(frame: number): Corners;
}

/** A video, or a single picture, with the objects in it. */
export interface DatasetSequence {
  readonly name: string;
  /** Frames; 1 for a picture. */
  readonly length: number;
  /** Absolute path of a frame's picture. */
  framePath(frame: number): string;
  /** Never empty after cleaning. */
  readonly objects: readonly DatasetObject[];
}

/** An indexed dataset; sequences are views made when they are asked for, over columns that all threads share. */
export interface Dataset {
  /** `KIND:PATH` and what was chosen of it, for messages and records. */
  readonly name: string;
  readonly kind: DatasetKind;
  /** Changes whenever the annotations, the choice or the cleaning change. */
  readonly fingerprint: string;
  /** Number of sequences. */
  readonly length: number;
  sequence(index: number): DatasetSequence;
}
