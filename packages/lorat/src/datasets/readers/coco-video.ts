import { posix } from "node:path";
import { LoratError } from "@lorat/graph";
import { z } from "zod";
import { type AnnotationSource, compareNatural } from "../annotation-source.ts";
import { below } from "../files.ts";
import { framesOf } from "../frame-names.ts";
import { findPictures, folderOf, readJsonLists } from "../json-annotation.ts";
import type { DatasetReader, RawSequence, SequenceEntry } from "../raw.ts";
import { checkTracks, placeBox, type Track, type TrackTwice, trackRows } from "../tracks.ts";

const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const lists = {
  videos: z.object({
    id: z.number(),
    name: z.string().optional(),
    width: z.number().optional(),
    height: z.number().optional(),
    file_names: z.array(z.string()).optional(),
  }),
  images: z.object({
    id: z.number(),
    file_name: z.string(),
    video_id: z.number(),
    frame_index: z.number().optional(),
    frame_id: z.number().optional(),
  }),
  annotations: z.object({
    id: z.number(),
    video_id: z.number().optional(),
    image_id: z.number().optional(),
    track_id: z.number().optional(),
    instance_id: z.number().optional(),
    iscrowd: z.union([z.number(), z.boolean()]).nullish(),
    bbox: box.nullish(),
    bboxes: z.array(box.nullable()).nullish(),
  }),
};
type Annotation = z.infer<(typeof lists)["annotations"]>;

interface Video {
  readonly info: z.infer<(typeof lists)["videos"]>;
  readonly images: z.infer<(typeof lists)["images"]>[];
  readonly annotations: Annotation[];
}

/**
 * Videos in COCO's style, one JSON file or all of a folder: `videos` and `annotations` with either a list of boxes for all
 * frames (YouTube-VIS, OVIS) or a picture and a track for each box (TAO, CocoVID). Crowds are left out. Frames are those
 * that are listed; pictures lie beside the file, in `JPEGImages`, `images` or `frames`.
 */
export const cocoVideo: DatasetReader = {
  layout: "a JSON file with videos and annotations, or a folder with such files",
  splits: [],
  async entries(source) {
    const entries: SequenceEntry[] = [];
    for (const file of await annotationFiles(source)) entries.push(...(await readFile(source, file)));
    return entries;
  },
};

async function annotationFiles(source: AnnotationSource): Promise<string[]> {
  if (source.file) return [source.file];
  for (const folder of ["", "annotations"]) {
    const files = (await source.list(folder))?.files.filter((file) => file.endsWith(".json")) ?? [];
    if (files.length > 0) return files.map((file) => below(folder, file));
  }
  return [];
}

async function readFile(source: AnnotationSource, file: string): Promise<SequenceEntry[]> {
  const videos = new Map<number, Video>();
  const images: Video["images"] = [];
  const annotations: Annotation[] = [];
  await readJsonLists(source, file, lists, {
    videos: (info) => videos.set(info.id, { info, images: [], annotations: [] }),
    images: (image) => images.push(image),
    annotations: (annotation) => annotations.push(annotation),
  });
  for (const image of images) videos.get(image.video_id)?.images.push(image);
  const videoOf = new Map(images.map(({ id, video_id }) => [id, video_id]));
  for (const annotation of annotations) {
    const video = annotation.video_id ?? videoOf.get(annotation.image_id ?? -1);
    if (video !== undefined && !annotation.iscrowd) videos.get(video)?.annotations.push(annotation);
  }
  const beside = folderOf(file);
  const root = beside.endsWith("annotations") ? posix.join(beside, "..").replace(/^\.$/, "") : beside;
  const folders = ["JPEGImages", "images", "frames", ""].map((name) => below(root, name));
  const files = [...videos.values()].flatMap(frameFiles);
  const pictures = await findPictures(source, folders, files);
  return [...videos.values()].map((video) => {
    const name = nameOf(video);
    return { name, read: async () => [readVideo(video, name, pictures, file)] };
  });
}

function readVideo(video: Video, name: string, pictures: string | undefined, file: string): RawSequence {
  const { width, height } = video.info;
  const files = frameFiles(video);
  const folders = new Set(files.map(folderOf));
  const inner = folders.size === 1 ? [...folders][0]! : "";
  const names = folders.size === 1 ? files.map((file) => posix.basename(file)) : files;
  const objects = tracksOf(video, file, name).filter((track) => track.size > 0);
  return {
    name,
    folder: below(pictures ?? "", inner),
    frames: framesOf(pictures === undefined ? [] : names),
    objects: objects.map(trackRows),
    size: width !== undefined && height !== undefined ? { width, height } : undefined,
  };
}

/** Throws `DATASET_TRACK_TWICE`, and `DATASET_LENGTH` where a list of boxes is not as long as the list of pictures. */
function tracksOf(video: Video, file: string, name: string): Track[] {
  const frameOf = new Map(sortedImages(video).map(({ id }, frame) => [id, frame]));
  const tracks = new Map<string, Track>();
  const twice: TrackTwice[] = [];
  const count = frameFiles(video).length;
  for (const { id, bboxes, bbox, image_id, track_id, instance_id } of video.annotations) {
    if (bboxes) {
      const shown = bboxes.flatMap((box, frame) => (box ? [[frame, box] as const] : []));
      if (bboxes.length !== count) {
        const found = `${bboxes.length} boxes, its video ${name} has ${count} pictures`;
        throw new LoratError("DATASET_LENGTH", `${file}: annotation ${id} has ${found}`);
      }
      if (tracks.has(`list ${id}`))
        twice.push({ where: `annotation ${id}`, track: id, frame: shown[0]?.[0] ?? 0 });
      tracks.set(`list ${id}`, new Map(shown));
    }
    const frame = frameOf.get(image_id ?? -1);
    if (!bbox || frame === undefined) continue;
    // A box without a track is a track of its own.
    const track = track_id ?? instance_id ?? `of ${id}`;
    const boxes = tracks.get(`track ${track}`) ?? new Map();
    tracks.set(`track ${track}`, placeBox(boxes, frame, bbox, twice, { where: `annotation ${id}`, track }));
  }
  checkTracks(twice, `${file}, video ${name}`);
  return [...tracks.values()];
}

function frameFiles(video: Video): readonly string[] {
  return video.info.file_names ?? sortedImages(video).map(({ file_name }) => file_name);
}

function sortedImages({ images }: Video): Video["images"] {
  const index = (image: Video["images"][number]) => image.frame_index ?? image.frame_id ?? 0;
  return [...images].sort((a, b) => index(a) - index(b) || compareNatural(a.file_name, b.file_name));
}

function nameOf(video: Video): string {
  const first = frameFiles(video)[0];
  return video.info.name ?? (first?.includes("/") ? folderOf(first) : String(video.info.id));
}
