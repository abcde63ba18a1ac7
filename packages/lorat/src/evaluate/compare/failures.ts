import sharp from "sharp";
import type { AnnotationSet } from "../../datasets/annotations/benchmark.ts";
import { colourOf } from "./colours.ts";
import type { Comparison } from "./comparison.ts";

/** A frame in which a tracker has lost its target. */
export interface Failure {
  readonly tracker: string;
  readonly sequence: string;
  /** Counted from 0. */
  readonly frame: number;
  readonly overlap: number;
  /** JPEG as a `data:` address, with the true box in white and the tracker's in its colour. */
  readonly image: string;
}

const LOST = 0.1;
const WIDTH = 320;

/**
 * For each tracker the worst sequences of a dataset, each by the middle of its longest stretch with an overlap below a tenth;
 * none where the dataset is there without its pictures, or a picture cannot be read.
 */
export async function findFailures(comparison: Comparison, dataset: number, count = 4): Promise<Failure[]> {
  const set = comparison.annotations[dataset]!;
  const failures: Failure[] = [];
  for (const [position, { name, scores, boxes }] of comparison.trackers.entries()) {
    const worst = [...(scores[dataset]?.sequences ?? [])]
      .filter(({ scores: one }) => Number.isFinite(one.auc))
      .sort((a, b) => a.scores.auc - b.scores.auc)
      .slice(0, count);
    for (const { name: sequence, overlaps } of worst) {
      const frame = middleOfLongest(overlaps);
      const rows = boxes[dataset]?.get(sequence);
      if (frame === undefined || !rows) continue;
      const predicted = rows.subarray(4 * frame, 4 * frame + 4);
      const image = await drawn(set, sequence, frame, predicted, colourOf(position));
      if (image) failures.push({ tracker: name, sequence, frame, overlap: overlaps[frame]!, image });
    }
  }
  return failures;
}

function middleOfLongest(overlaps: Float64Array): number | undefined {
  let [best, length, start] = [0, 0, 0];
  for (let i = 0; i <= overlaps.length; i++) {
    if (i < overlaps.length && overlaps[i]! < LOST) continue;
    if (i - start > length) [best, length] = [start, i - start];
    start = i + 1;
  }
  return length > 0 ? best + (length >> 1) : undefined;
}

async function drawn(
  { sequences }: AnnotationSet,
  name: string,
  frame: number,
  predicted: Float64Array,
  colour: string,
): Promise<string | undefined> {
  const { picture, truth } = sequences.find((sequence) => sequence.name === name)!;
  if (!picture) return undefined;
  try {
    const { width, height } = await sharp(picture(frame)).metadata();
    const scale = WIDTH / width;
    const size = { width: WIDTH, height: Math.max(1, Math.round(height * scale)) };
    const box = ([x, y, w, h]: Float64Array, stroke: string) =>
      [x, y, w, h].every(Number.isFinite)
        ? `<rect x="${x! * scale}" y="${y! * scale}" width="${Math.max(0, w! * scale)}" height="${Math.max(0, h! * scale)}" fill="none" stroke="${stroke}" stroke-width="2"/>`
        : "";
    const boxes = box(truth.subarray(4 * frame, 4 * frame + 4), "#fff") + box(predicted, colour);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}">${boxes}</svg>`;
    const jpeg = await sharp(picture(frame))
      .resize(size)
      .composite([{ input: Buffer.from(svg) }])
      .jpeg({ quality: 72 })
      .toBuffer();
    return `data:image/jpeg;base64,${jpeg.toString("base64")}`;
  } catch {
    return undefined;
  }
}
