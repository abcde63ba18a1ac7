import { posix } from "node:path";
import { type CvatDocument, type CvatShape, parseCvat } from "@lorat/core/annotations";
import { LoratError } from "@lorat/graph";
import { type AnnotationSource, summarise } from "../annotation-source.ts";
import { below, findFolders, isPicture, lastPart, picturesIn } from "../files.ts";
import { type FrameNames, frameName, framesOf, sliceFrames } from "../frame-names.ts";
import { findPictures, folderOf } from "../json-annotation.ts";
import { framesUnclear, numbersOfPictures, onPictures } from "../match-frames.ts";
import type { DatasetReader, RawSequence, SequenceEntry } from "../raw.ts";
import { checkTracks, placeBox, type Track, type TrackTwice, trackRows } from "../tracks.ts";
import { isVideo, videoFrames } from "../video-frames.ts";

/**
 * "CVAT for video 1.1": an XML file of tracks with the pictures in `images/` or beside it, or with the video that it names;
 * and "CVAT for images 1.1", whose boxes belong to pictures by name. Polygons, ellipses, masks and turned boxes count as the
 * tight box around them. Frames are numbers in the task's video, which names of pictures repeat: a task may begin anywhere
 * and take every n-th frame.
 */
export const cvat: DatasetReader = {
  layout:
    "an XML file in the format CVAT for video 1.1 or CVAT for images 1.1, with pictures in images/ or the video beside it",
  splits: [],
  async entries(source) {
    const files = source.file ? [source.file] : await annotationFiles(source);
    return files.map((file): SequenceEntry => {
      const folder = folderOf(file);
      const stem = lastPart(source, file).replace(/\.xml$/i, "");
      const name = stem === "annotations" ? lastPart(source, folder) : stem;
      return { name, read: () => readTask(source, file, name) };
    });
  },
};

async function annotationFiles(source: AnnotationSource): Promise<string[]> {
  const isXml = (file: string) => file.toLowerCase().endsWith(".xml");
  const found = await findFolders(source, "", 2, ({ files }) => files.some(isXml));
  return found.flatMap(({ path, files }) => files.filter(isXml).map((file) => below(path, file)));
}

async function readTask(source: AnnotationSource, file: string, name: string): Promise<RawSequence[]> {
  const task = parseCvat((await source.readText(file)) ?? "", file);
  for (const [kind, count] of task.leftOut) {
    source.warn(`${kind} shapes have no box, left out`, `${name} (${count})`);
  }
  if (task.pictures.length > 0) return readPictures(source, file, name, task);
  const tracks = task.tracks
    .map(({ id, shapes }) => interpolateShapes(shapes, { file, track: id }))
    .filter((track) => track.size > 0);
  const folder = folderOf(file);
  const beside = (await source.list(folder))?.files ?? [];
  const stem = lastPart(source, file).replace(/\.xml$/i, "");
  const video = beside.find(
    (entry) => isVideo(entry) && (entry === task.videoName || entry.startsWith(`${stem}.`)),
  );
  const { size } = task;
  if (video) {
    const path = below(folder, video);
    const objects = tracks.map(trackRows);
    const last = Math.max(0, ...objects.map(({ first, boxes }) => first + boxes.length / 4));
    const rows = Math.max(last, task.start + task.frameCount * task.step);
    const { size: videoSize, frames } = await videoFrames(source, path, rows);
    return [{ name, folder: "", frames, size: videoSize, objects, video: path }];
  }
  const pictures = beside.some(isPicture) ? folder : below(folder, "images");
  const frames = await picturesIn(source, pictures);
  const positionOf = cvatFrames(source, task, tracks, frames, name);
  const objects = tracks
    .map((track) => onPictures(track, positionOf))
    .filter((track) => track.size > 0)
    .map(trackRows);
  return [{ name, folder: pictures, frames, objects, size }];
}

/**
 * From the task's frames to positions of pictures. CVAT names pictures by the frame's number, `frame_000010.jpg`; pictures
 * that were given to it under other names are frames in their order where there are as many as the task has.
 */
function cvatFrames(
  source: AnnotationSource,
  { frameCount, start, step }: CvatDocument,
  tracks: readonly Track[],
  frames: FrameNames,
  name: string,
): (frame: number) => number | undefined {
  if (frames.count === 0) return () => undefined;
  const used = [...new Set(tracks.flatMap((track) => [...track.keys()]))].sort((a, b) => a - b);
  const ofTask = used.filter((frame) => frame >= start && (frame - start) % step === 0);
  const numbers = numbersOfPictures(frames);
  const isNamedByCvat = /^frame_\d+\.\w+$/i.test(frameName(frames, 0));
  const without = ofTask.filter((frame) => !numbers?.has(frame));
  const isWhole = frameCount === 0 || frameCount === frames.count;
  const byOrder = !isNamedByCvat && isWhole && ofTask.every((frame) => (frame - start) / step < frames.count);
  const agree = numbers?.get(start) === 0 && without.length === 0;
  if (numbers && (isNamedByCvat || !byOrder || agree)) {
    if (without.length === ofTask.length && ofTask.length > 0) {
      throw framesUnclear(name, `no picture has the number of a frame with a box (${few(ofTask)})`);
    }
    if (without.length > 0)
      source.warn(`boxes in frames without a picture, left out (${few(without)})`, name);
    return (frame) => numbers.get(frame);
  }
  if (byOrder && start === 0 && step === 1) {
    if (numbers && without.length === 0 && frameCount === 0) {
      throw framesUnclear(name, "its frames could be the numbers in the pictures' names, or their places");
    }
    return (frame) => frame;
  }
  throw framesUnclear(
    name,
    `its frames begin at ${start}${step > 1 ? ` and are ${step} apart` : ""}, and the pictures' names do not have these numbers`,
  );
}

const few = (frames: readonly number[]) => summarise(frames.map(String));

/** CVAT for images: boxes belong to pictures by name; one object a picture, or a `track_id`, makes a track. */
async function readPictures(
  source: AnnotationSource,
  file: string,
  name: string,
  { pictures }: CvatDocument,
): Promise<RawSequence[]> {
  const beside = folderOf(file);
  const files = pictures.map((picture) => picture.file);
  const found = await findPictures(source, [below(beside, "images"), beside], files);
  const folders = new Set(files.map(folderOf));
  const inner = folders.size === 1 ? [...folders][0]! : "";
  const folder = below(found ?? "", inner);
  const order = [...pictures].sort((a, b) => byName.compare(a.file, b.file));
  const names = order.map((one) => (folders.size === 1 ? posix.basename(one.file) : one.file));
  const frames = framesOf(found === undefined ? [] : names);
  const isTracked = order.some(({ shapes }) => shapes.some(({ track }) => track !== undefined));
  const labels = new Set(order.flatMap(({ shapes }) => shapes.map(({ label }) => label)));
  const isSingle =
    labels.size === 1 && frames.kind === "pattern" && order.every(({ shapes }) => shapes.length <= 1);
  const [first] = order;
  if ((isTracked || isSingle) && first) {
    if (!isTracked) source.warn("boxes without tracks, taken as one object through the pictures", name);
    const tracks = new Map<string, Track>();
    const twice: TrackTwice[] = [];
    order.forEach(({ shapes, file: picture }, frame) => {
      for (const { track = "", box } of shapes) {
        const known = tracks.get(track) ?? new Map();
        tracks.set(track, placeBox(known, frame, box, twice, { where: picture, track }));
      }
    });
    checkTracks(twice, file);
    return [{ name, folder, frames, size: first.size, objects: [...tracks.values()].map(trackRows) }];
  }
  source.warn("boxes without tracks, so that each picture stands for itself", name);
  return order.flatMap(({ shapes, size, file: picture }, frame) =>
    shapes.length === 0
      ? []
      : [
          {
            name: below(name, picture),
            folder,
            frames: frames.count === 0 ? frames : sliceFrames(frames, frame, frame + 1),
            size,
            objects: shapes.map(({ box }) => ({ first: 0, boxes: Float64Array.from(box) })),
          },
        ],
  );
}

/** Nine hours at thirty frames a second, between the shapes of one track. */
const MOST_FRAMES = 1_000_000;

const byName = new Intl.Collator("en", { numeric: true });

/**
 * Boxes in all frames from shapes in some: between two shapes they move evenly, until one is marked as outside. Throws
 * `DATASET_TRACK_TWICE` for two shapes in one frame.
 */
export function interpolateShapes(
  shapes: readonly CvatShape[],
  { file = "annotation", track: id = "" }: { readonly file?: string; readonly track?: string } = {},
): Track {
  const sorted = [...shapes].sort((a, b) => a.frame - b.frame);
  const again = sorted.find(({ frame }, i) => sorted[i + 1]?.frame === frame);
  if (again) {
    throw new LoratError(
      "DATASET_TRACK_TWICE",
      `${file}: track ${id} has two shapes in frame ${again.frame}`,
    );
  }
  const last = sorted.at(-1)?.frame ?? 0;
  if (
    !sorted.every(({ frame }) => Number.isInteger(frame) && frame >= 0) ||
    last - (sorted[0]?.frame ?? 0) > MOST_FRAMES
  ) {
    throw new LoratError(
      "DATASET_XML",
      `${file}: track ${id} has shapes in frames that no video has (up to ${last})`,
    );
  }
  const track: Track = new Map();
  sorted.forEach(({ frame, box }, i) => {
    if (!box) return;
    track.set(frame, box);
    const next = sorted[i + 1];
    if (!next) return;
    const target = next.box ?? box;
    for (let f = frame + 1; f < next.frame; f++) {
      const t = (f - frame) / (next.frame - frame);
      const at = (k: 0 | 1 | 2 | 3) => box[k] + t * (target[k] - box[k]);
      track.set(f, [at(0), at(1), at(2), at(3)]);
    }
  });
  return track;
}
