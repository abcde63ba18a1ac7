import { createHash } from "node:crypto";
import { join } from "node:path";
import { isValidBox, toCorners } from "@lorat/core/geometry";
import { LoratError } from "@lorat/graph";
import { userCacheFolder } from "../files/user-cache.ts";
import type { AnnotationSource } from "./annotation-source.ts";
import type { AnnotatedSequence, AnnotationSet } from "./annotations/benchmark.ts";
import { BENCHMARKS, isScored, SCORED_KINDS, type ScoredKind } from "./annotations/benchmark.ts";
import { rawSequence } from "./annotations/raw-sequence.ts";
import { chooseSequences } from "./choose.ts";
import type { EvalSequence } from "./eval-sequence.ts";
import { chooseDataset, openEntries, readEntries } from "./open-entries.ts";
import { boxesFromFile, pixelOrigin } from "./pixel-origin.ts";
import { Problems } from "./problems.ts";
import type { RawSequence } from "./raw.ts";
import { parseDatasetSpec } from "./spec.ts";
import { unpackVideo } from "./unpack-video.ts";

/** What to evaluate on. */
export interface EvalChoice {
  /** `KIND:PATH`. */
  readonly dataset: string;
  /** Part of the dataset; default: the one that results are for. */
  readonly split?: string | undefined;
  /** File that lists sequences, by name or position. */
  readonly list?: string | undefined;
  /** Names, or positions, of the sequences to run. */
  readonly sequences?: readonly string[] | undefined;
  /** Where videos are unpacked to; default: as for training. */
  readonly cacheDir?: string | undefined;
}

/** Sequences to run trackers over, and what is known of the truth. */
export interface EvalSet {
  readonly kind: ScoredKind;
  /** Absolute. */
  readonly path: string;
  readonly splits: readonly string[];
  /** Changes with the sequences, their lengths and the boxes that are given. */
  readonly fingerprint: string;
  readonly sequences: readonly EvalSequence[];
  /** Those of the sequences whose whole annotation is there. */
  readonly annotations: AnnotationSet;
}

/**
 * Opens a dataset for running trackers over it, frames and boxes as the benchmark has them: none of training's cleaning.
 * Sequences of which only the first box is published can be run as well.
 *
 * Throws what `chooseDataset` and `openEntries` throw; `DATASET_KIND`; and for sequences, all problems together, `DATASET_LENGTH`,
 * `DATASET_NO_PICTURES`, `DATASET_NO_BOX`, `DATASET_CASE`, `DATASET_TWICE`, `BOXES_MALFORMED`, or `DATASET_ANNOTATIONS` for
 * problems of several kinds.
 */
export async function openEvalSet(choice: EvalChoice, signal?: AbortSignal): Promise<EvalSet> {
  const { dataset, list, sequences: names } = choice;
  const kind = scoredKind(dataset);
  const split = choice.split ?? BENCHMARKS[kind].split;
  const chosen = await chooseDataset({ dataset, split, list });
  const opened = await openEntries(chosen, { signal });
  const { source } = opened;
  const entries = names ? chooseSequences(opened.entries, names.join("\n"), "--sequences") : opened.entries;
  const problems = new Problems();
  const found = await readEntries(entries, problems, (raw) => evalSequence(source, raw, kind), signal);
  checkNames(found, problems);
  const hint = "Correct the dataset, or choose other sequences with --sequences or --sequences-from.";
  problems.finish("DATASET_ANNOTATIONS", `${dataset} cannot be evaluated on`, hint);
  if (found.length === 0) throw new LoratError("DATASET_EMPTY", `${dataset} holds no sequence`);
  const sequences: EvalSequence[] = [];
  for (const { sequence, video } of found) {
    sequences.push(video === undefined ? sequence : await unpacked(sequence, video, choice, signal));
  }
  return {
    kind,
    path: chosen.spec.path,
    splits: chosen.splits,
    fingerprint: fingerprintOf(kind, sequences),
    sequences,
    annotations: {
      kind,
      name: dataset,
      sequences: found.flatMap(({ annotation }) => annotation ?? []),
      attributes: [],
      warnings: source.warnings(),
    },
  };
}

interface ReadSequence {
  readonly sequence: EvalSequence;
  /** Undefined where only the first box is published. */
  readonly annotation: AnnotatedSequence | undefined;
  /** Absolute path of the video that the frames are to be unpacked from. */
  readonly video: string | undefined;
}

function scoredKind(dataset: string): ScoredKind {
  const { kind } = parseDatasetSpec(dataset);
  if (isScored(kind)) return kind;
  throw new LoratError("DATASET_KIND", `${dataset}: trackers are not evaluated on ${kind}`, {
    hint: `The kinds are ${SCORED_KINDS.join(", ")}.`,
  });
}

async function evalSequence(
  source: AnnotationSource,
  raw: RawSequence,
  kind: ScoredKind,
): Promise<ReadSequence> {
  const { name, frames } = raw;
  if (frames.count === 0) throw new LoratError("DATASET_NO_PICTURES", `${name}: no pictures`);
  const annotation = await rawSequence(source, raw, kind).catch((error: unknown) => {
    if (error instanceof LoratError && error.code === "DATASET_NO_TRUTH") return undefined;
    throw error;
  });
  const object = raw.objects[0]!;
  const row = firstBox(object.boxes);
  if (row === undefined) throw new LoratError("DATASET_NO_BOX", `${name}: no frame has a box to start on`);
  const [x, y, width, height] = boxesFromFile(object.boxes.subarray(4 * row, 4 * row + 4), kind);
  return {
    annotation,
    video: raw.video === undefined ? undefined : join(source.root, raw.video),
    sequence: {
      name,
      folder: join(source.root, raw.folder),
      frames,
      first: object.first + row,
      box: { x: x!, y: y!, width: width!, height: height! },
      kind,
    },
  };
}

/** The first row with a box that a tracker can be started on. */
function firstBox(boxes: Float64Array): number | undefined {
  for (let row = 0; row < boxes.length / 4; row++) {
    const [x, y, width, height] = boxes.subarray(4 * row, 4 * row + 4);
    if (isValidBox(toCorners({ x: x!, y: y!, width: width!, height: height! }))) return row;
  }
  return undefined;
}

async function unpacked(
  sequence: EvalSequence,
  video: string,
  { cacheDir = userCacheFolder("datasets") }: EvalChoice,
  signal: AbortSignal | undefined,
): Promise<EvalSequence> {
  return { ...sequence, folder: await unpackVideo(video, cacheDir, [0, sequence.frames.count], { signal }) };
}

/** Result files are named for the sequences, on any file system. */
function checkNames(found: readonly ReadSequence[], problems: Problems): void {
  const seen = new Map<string, string>();
  for (const { sequence } of found) {
    const { name } = sequence;
    const other = seen.get(name.toLowerCase());
    if (other === name) problems.add("DATASET_TWICE", `there are several sequences named ${name}`);
    else if (other !== undefined) problems.add("DATASET_CASE", `${other} and ${name} differ only in case`);
    if (/[/\\]/.test(name)) problems.add("DATASET_NAME", `${name} cannot be the name of a result file`);
    seen.set(name.toLowerCase(), name);
  }
}

function fingerprintOf(kind: ScoredKind, sequences: readonly EvalSequence[]): string {
  const hash = createHash("sha256").update(kind);
  for (const { name, frames, first, box } of sequences) {
    const { x, y, width, height } = box;
    hash.update(
      `\n${JSON.stringify([name, frames.count, first, x, y, width, height, pixelOrigin(kind).shift])}`,
    );
  }
  return hash.digest("hex").slice(0, 32);
}
