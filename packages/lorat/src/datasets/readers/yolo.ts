import { objectsOf, parseYolo, type YoloObject, type YoloRow } from "@lorat/core/annotations";
import { LoratError } from "@lorat/graph";
import { mapAhead } from "../../threads/map-ahead.ts";
import type { AnnotationSource, PictureSize } from "../annotation-source.ts";
import { below, isPicture, lastPart } from "../files.ts";
import { frameName, framesOf, sliceFrames } from "../frame-names.ts";
import type { DatasetReader, RawSequence, SequenceEntry } from "../raw.ts";
import { checkTracks, placeBox, type Track, type TrackTwice, trackRows } from "../tracks.ts";

const IN_FLIGHT = 16;
const SPLITS = ["train", "val", "test"];

/**
 * YOLO: folders of pictures with a text file of `class cx cy width height [confidence] [track]` lines for each picture, in `labels/`
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
  const rows: YoloRow[][] = [];
  const readLabels = async (picture: string) => {
    const file = `${picture.replace(/\.[^.]*$/, "")}.txt`;
    const path = below(labels, file);
    return known.has(file) ? parseYolo((await source.readText(path)) ?? "", path) : [];
  };
  for await (const list of mapAhead(pictures, IN_FLIGHT, readLabels)) rows.push(list);
  const parsed = objectsOf(rows.flat());
  const objects: YoloObject[][] = [];
  let taken = 0;
  for (const { length } of rows) {
    objects.push(parsed.slice(taken, taken + length));
    taken += length;
  }
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
    const loose = objects.flat().filter(({ track }) => track === undefined).length;
    if (isTracked && loose > 0) source.warn("boxes without a track, left out", `${name} (${loose})`);
    const size = await sizeOf(0);
    return [{ name, folder, frames, size, objects: tracksOf(objects, size, isTracked).map(trackRows) }];
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

/** Throws `DATASET_TRACK_TWICE`. */
function tracksOf(frames: readonly YoloObject[][], size: PictureSize, isTracked: boolean): Track[] {
  const tracks = new Map<string, Track>();
  frames.forEach((list, frame) => {
    const twice: TrackTwice[] = [];
    for (const { kind, track, box, line } of list) {
      if (isTracked && track === undefined) continue;
      const key = track === undefined ? "" : `${kind} ${track}`;
      const found = { where: `line ${line}`, track: track ?? kind };
      tracks.set(key, placeBox(tracks.get(key) ?? new Map(), frame, inPixels(box, size), twice, found));
    }
    checkTracks(twice, list[0]?.file ?? "");
  });
  return [...tracks.values()];
}

function inPixels(box: YoloObject["box"], { width, height }: PictureSize): [number, number, number, number] {
  return [box[0] * width, box[1] * height, box[2] * width, box[3] * height];
}

function nameOf(source: AnnotationSource, folder: string): string {
  const parts = folder.split("/").filter((part) => part !== "" && part !== "images");
  return parts.length > 0 ? parts.join("/") : lastPart(source, "");
}
