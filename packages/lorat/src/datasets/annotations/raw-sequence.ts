import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import type { AnnotationSource } from "../annotation-source.ts";
import { below } from "../files.ts";
import { frameName } from "../frame-names.ts";
import type { RawSequence } from "../raw.ts";
import type { AnnotatedSequence, ScoredKind } from "./benchmark.ts";

/**
 * A sequence as scoring needs it, in the numbers of the benchmark's files. Throws `DATASET_LENGTH` where
 * boxes and pictures disagree, `DATASET_NO_TRUTH` where only the first frame's box is published.
 */
export async function rawSequence(
  source: AnnotationSource,
  raw: RawSequence,
  kind: ScoredKind,
): Promise<AnnotatedSequence> {
  const { name, frames, size, rows } = raw;
  const object = raw.objects[0]!;
  const annotated = object.first + object.boxes.length / 4;
  if (rows === undefined && annotated <= 1 && frames.count !== 1) {
    throw new LoratError(
      "DATASET_NO_TRUTH",
      `${name}: only the first frame's box is published, so that it cannot be scored here`,
      {
        hint: "Make a submission archive with lorat submission, and send it to the benchmark's server.",
      },
    );
  }
  if (frames.count > 0 && (rows ?? annotated) > frames.count) mismatch(name, rows ?? annotated, frames.count);
  if (rows !== undefined && frames.count > 0 && rows !== frames.count) mismatch(name, rows, frames.count);
  const count = Math.max(annotated, rows === undefined ? frames.count : rows);
  const truth = new Float64Array(count * 4).fill(Number.NaN);
  truth.set(object.boxes, object.first * 4);
  let visible: Uint8Array | undefined;
  if (object.hidden) {
    visible = new Uint8Array(count).fill(1);
    visible.set(
      object.hidden.map((flag) => 1 - flag),
      object.first,
    );
  }
  if (kind === "got10k") visible = (await coverOf(source, raw.folder, count)) ?? visible;
  const path = (frame: number) => join(source.root, raw.folder, frameName(frames, frame));
  const hasPictures = frames.count > 0 && raw.video === undefined;
  return {
    name,
    truth,
    visible,
    attributes: [],
    size,
    picture: hasPictures ? path : undefined,
  };
}

/** GOT-10k's toolkit leaves out frames whose target is covered wholly: `cover.label` has eighths that can be seen. */
async function coverOf(
  source: AnnotationSource,
  folder: string,
  rows: number,
): Promise<Uint8Array | undefined> {
  const text = await source.readText(below(folder, "cover.label"));
  const cover = text?.match(/[^\s,;]+/g)?.map(Number);
  if (!cover) return undefined;
  if (cover.length !== rows || cover.some((eighths) => !(eighths >= 0 && eighths <= 8))) {
    throw new LoratError(
      "DATASET_LENGTH",
      `${folder}/cover.label: expected ${rows} numbers from 0 to 8, found ${cover.length}`,
    );
  }
  return Uint8Array.from(cover, (eighths) => (eighths > 0 ? 1 : 0));
}

function mismatch(name: string, rows: number, frames: number): never {
  throw new LoratError("DATASET_LENGTH", `${name}: ${rows} rows of boxes, ${frames} frames`);
}
