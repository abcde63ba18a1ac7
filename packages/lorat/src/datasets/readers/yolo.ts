import { LoratError } from "@lorat/graph";
import { mapAhead } from "../../threads/map-ahead.ts";
import type { AnnotationSource } from "../annotation-source.ts";
import { boundsOfPolygon, splitLines, splitNumbers } from "../boxes/box-rows.ts";
import { below, isPicture, lastPart } from "../files.ts";
import { frameName, framesOf, sliceFrames } from "../frame-names.ts";
import type { PictureSize, RawSequence } from "../raw.ts";
import type { DatasetReader, SequenceEntry } from "../reader.ts";
import { type Track, trackRows } from "../tracks.ts";

/** One line of a label file; lengths are shares of the picture's. */
interface YoloObject {
  readonly track: number | undefined;
  readonly kind: number;
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

const IN_FLIGHT = 16;
const SPLITS = ["train", "val", "test"];

/**
 * YOLO: folders of pictures with a text file of `class cx cy width height [track]` lines for each picture, in `labels/`
 * where the pictures are in `images/`, else beside them; lengths are shares of the picture's. A folder is a video where its
 * lines have tracks, or where its pictures are numbered and none has more than one object; else each picture stands for
 * itself.
 */
export const yolo: DatasetReader = {
  layout: "images/ with pictures and labels/ with a text file for each",
  splits: ["all", ...SPLITS],
  async entries(source, splits) {
    const entries: SequenceEntry[] = [];
    const walk = async (folder: string, depth: number): Promise<void> => {
      const listing = await source.list(folder);
      const pictures = listing?.files.filter(isPicture) ?? [];
      const split = folder.split("/").find((part) => SPLITS.includes(part));
      if (pictures.length > 0 && (splits.includes("all") || (split && splits.includes(split)))) {
        const labels = folder.replace(/(^|\/)images(?=\/|$)(?!.*\/images(\/|$))/, "$1labels");
        const files = labels === folder ? listing : await source.list(labels);
        const known = new Set(files?.files.filter((file) => file.endsWith(".txt")));
        const read = () => readFolder(source, { folder, labels, pictures, known });
        if (known.size > 0) entries.push({ name: nameOf(source, folder), read });
      }
      if (depth > 0) for (const name of listing?.folders ?? []) await walk(below(folder, name), depth - 1);
    };
    await walk("", 4);
    return entries;
  },
};

interface YoloFolder {
  readonly folder: string;
  readonly labels: string;
  readonly pictures: readonly string[];
  /** Label files that are there; a picture without one shows nothing. */
  readonly known: ReadonlySet<string>;
}

async function readFolder(
  source: AnnotationSource,
  { folder, labels, pictures, known }: YoloFolder,
): Promise<RawSequence[]> {
  const name = nameOf(source, folder);
  const frames = framesOf(pictures);
  const objects: YoloObject[][] = [];
  const readLabels = async (picture: string) => {
    const file = `${picture.replace(/\.[^.]*$/, "")}.txt`;
    const path = below(labels, file);
    return known.has(file) ? parseYolo((await source.readText(path)) ?? "", path) : [];
  };
  for await (const list of mapAhead(pictures, IN_FLIGHT, readLabels)) objects.push(list);
  const sizeOf = async (frame: number): Promise<PictureSize> => {
    const path = below(folder, frameName(frames, frame));
    const size = await source.pictureSize(path);
    if (!size) throw new LoratError("DATASET_PICTURE", `${path}: its size is needed and cannot be read`);
    return size;
  };
  const isTracked = objects.some((list) => list.some(({ track }) => track !== undefined));
  const isSingle = frames.kind === "pattern" && objects.every((list) => list.length <= 1);
  if (isTracked || isSingle) {
    if (!isTracked) source.warn("labels without tracks, taken as one object through the pictures", name);
    const size = await sizeOf(0);
    return [{ name, folder, frames, size, objects: tracksOf(objects, size).map(trackRows) }];
  }
  source.warn("labels without tracks, so that each picture stands for itself", name);
  const shown = objects.flatMap((list, frame) => (list.length > 0 ? [{ list, frame }] : []));
  const alone = async ({ list, frame }: (typeof shown)[number]): Promise<RawSequence> => {
    const size = await sizeOf(frame);
    return {
      name: below(name, pictures[frame]!),
      folder,
      frames: sliceFrames(frames, frame, frame + 1),
      size,
      objects: list.map(({ box }) => ({ first: 0, boxes: Float64Array.from(inPixels(box, size)) })),
    };
  };
  const sequences: RawSequence[] = [];
  for await (const sequence of mapAhead(shown, IN_FLIGHT, alone)) sequences.push(sequence);
  return sequences;
}

function tracksOf(frames: readonly YoloObject[][], size: PictureSize): Track[] {
  const tracks = new Map<string, Track>();
  frames.forEach((list, frame) => {
    for (const { kind, track, box } of list) {
      const key = track === undefined ? "" : `${kind} ${track}`;
      tracks.set(key, (tracks.get(key) ?? new Map()).set(frame, inPixels(box, size)));
    }
  });
  return [...tracks.values()];
}

/** Throws `BOXES_MALFORMED` with every bad line. */
export function parseYolo(text: string, file: string): YoloObject[] {
  const objects: YoloObject[] = [];
  const issues: string[] = [];
  splitLines(text).forEach((line, i) => {
    const [kind, ...values] = splitNumbers(line) ?? [];
    const [cx, cy, width, height, track] = values;
    if (kind !== undefined && (values.length === 4 || (values.length === 5 && Number.isInteger(track)))) {
      objects.push({ kind, track, box: [cx! - width! / 2, cy! - height! / 2, width!, height!] });
    } else if (kind !== undefined && values.length >= 6 && values.length % 2 === 0) {
      objects.push({ kind, track: undefined, box: boundsOfPolygon(values) });
    } else if (line.trim() !== "") {
      const found = JSON.stringify(line.slice(0, 60));
      issues.push(`line ${i + 1}: expected class cx cy width height [track], found ${found}`);
    }
  });
  const tooLarge = objects.findIndex(({ box }) => box.some((value) => value > 2));
  if (tooLarge >= 0) issues.push(`box ${tooLarge + 1}: expected shares of the picture, found pixels`);
  if (issues.length > 0) {
    const shown = issues.length > 5 ? [...issues.slice(0, 5), `and ${issues.length - 5} more`] : issues;
    throw new LoratError("BOXES_MALFORMED", `${file} is not a YOLO label file`, { issues: shown });
  }
  return objects;
}

function inPixels(box: YoloObject["box"], { width, height }: PictureSize): [number, number, number, number] {
  return [box[0] * width, box[1] * height, box[2] * width, box[3] * height];
}

function nameOf(source: AnnotationSource, folder: string): string {
  const parts = folder.split("/").filter((part) => part !== "" && part !== "images");
  return parts.length > 0 ? parts.join("/") : lastPart(source, "");
}
