import { LoratError } from "@lorat/graph";
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import type { AnnotationSource } from "../annotation-source.ts";
import { boundsOfPolygon } from "../boxes/box-rows.ts";
import { below, findFolders, isPicture, lastPart, picturesIn } from "../files.ts";
import { folderOf } from "../json-annotation.ts";
import type { PictureSize, RawSequence } from "../raw.ts";
import type { DatasetReader, SequenceEntry } from "../reader.ts";
import { type Track, trackRows } from "../tracks.ts";
import { isVideo, videoFrames } from "../video-frames.ts";

const number = z.coerce.number();
const flag = z.enum(["0", "1"]).default("0");
const boxShape = z.object({
  frame: number,
  outside: flag,
  xtl: number,
  ytl: number,
  xbr: number,
  ybr: number,
  rotation: number.default(0),
});
const polygonShape = z.object({ frame: number, outside: flag, points: z.string() });
const document = z.object({
  annotations: z.object({
    track: z
      .array(z.object({ box: z.array(boxShape).default([]), polygon: z.array(polygonShape).default([]) }))
      .default([]),
    meta: z.unknown(),
  }),
});

/** One drawn shape of a track; undefined where the object has left the picture. */
export interface CvatShape {
  readonly frame: number;
  readonly box: readonly [x: number, y: number, width: number, height: number] | undefined;
}

/**
 * "CVAT for video 1.1": an XML file of tracks with the pictures in `images/` or beside it, or with the video that it names.
 * Polygons and turned boxes count as the tight box around them.
 */
export const cvat: DatasetReader = {
  layout: "an XML file in the format CVAT for video 1.1, with pictures in images/ or the video beside it",
  splits: [],
  async entries(source) {
    const files = source.file ? [source.file] : await annotationFiles(source);
    return files.map((file): SequenceEntry => {
      const folder = folderOf(file);
      const stem = lastPart(source, file).replace(/\.xml$/i, "");
      const name = stem === "annotations" ? lastPart(source, folder) : stem;
      return { name, read: async () => [await readTask(source, file, name)] };
    });
  },
};

async function annotationFiles(source: AnnotationSource): Promise<string[]> {
  const isXml = (file: string) => file.toLowerCase().endsWith(".xml");
  const found = await findFolders(source, "", 2, ({ files }) => files.some(isXml));
  return found.flatMap(({ path, files }) => files.filter(isXml).map((file) => below(path, file)));
}

async function readTask(source: AnnotationSource, file: string, name: string): Promise<RawSequence> {
  const { tracks, size, videoName, frameCount } = parseCvat((await source.readText(file)) ?? "", file);
  const objects = tracks
    .map(interpolateShapes)
    .filter((track) => track.size > 0)
    .map(trackRows);
  const rows = Math.max(frameCount, ...objects.map(({ first, boxes }) => first + boxes.length / 4));
  const folder = folderOf(file);
  const beside = (await source.list(folder))?.files ?? [];
  const stem = lastPart(source, file).replace(/\.xml$/i, "");
  const video = beside.find(
    (entry) => isVideo(entry) && (entry === videoName || entry.startsWith(`${stem}.`)),
  );
  if (video) {
    const path = below(folder, video);
    const { size: videoSize, frames } = await videoFrames(source, path, rows);
    return { name, folder: "", frames, size: videoSize, objects, video: path };
  }
  const pictures = beside.some(isPicture) ? folder : below(folder, "images");
  const frames = await picturesIn(source, pictures);
  return { name, folder: pictures, frames, objects, ...(size && { size }) };
}

/** Tracks and task of a file. Throws `DATASET_XML`. */
export function parseCvat(
  text: string,
  file: string,
): { tracks: CvatShape[][]; size?: PictureSize; videoName?: string; frameCount: number } {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    parseAttributeValue: false,
    parseTagValue: false,
    isArray: (tag) => ["track", "box", "polygon"].includes(tag),
  });
  let tree: unknown;
  try {
    tree = parser.parse(text.replace(/^\uFEFF/, ""), true);
  } catch (cause) {
    throw new LoratError("DATASET_XML", `${file} is not XML: ${(cause as Error).message}`, { cause });
  }
  const { success, data, error } = document.safeParse(tree);
  if (!success) {
    throw new LoratError("DATASET_XML", `${file} is not in the format CVAT for video 1.1`, {
      issues: error.issues.slice(0, 5).map(({ path, message }) => `${path.join(".")}: ${message}`),
    });
  }
  const task = (data.annotations.meta ?? {}) as { task?: unknown; job?: unknown };
  const meta = taskMeta.safeParse(task.task ?? task.job ?? {}).data;
  return {
    tracks: data.annotations.track.map(({ box, polygon }) => [...box.map(ofBox), ...polygon.map(ofPolygon)]),
    frameCount: meta?.size ?? 0,
    ...(meta?.original_size && { size: meta.original_size }),
    ...(meta?.source && { videoName: meta.source }),
  };
}

const taskMeta = z.object({
  size: number.optional(),
  source: z.string().optional(),
  original_size: z.object({ width: number, height: number }).optional(),
});

function ofBox({ frame, outside, xtl, ytl, xbr, ybr, rotation }: z.infer<typeof boxShape>): CvatShape {
  if (outside === "1") return { frame, box: undefined };
  const [width, height] = [xbr - xtl, ybr - ytl];
  const angle = (rotation * Math.PI) / 180;
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
  // Turned about its centre.
  const [across, down] =
    rotation === 0 ? [width, height] : [width * cos + height * sin, width * sin + height * cos];
  return { frame, box: [(xtl + xbr - across) / 2, (ytl + ybr - down) / 2, across, down] };
}

function ofPolygon({ frame, outside, points }: z.infer<typeof polygonShape>): CvatShape {
  const numbers = points.split(/[;,\s]+/).map(Number);
  return { frame, box: outside === "1" ? undefined : boundsOfPolygon(numbers) };
}

/** Boxes in all frames from shapes in some: between two shapes they move evenly, until one is marked as outside. */
export function interpolateShapes(shapes: readonly CvatShape[]): Track {
  const sorted = [...shapes].sort((a, b) => a.frame - b.frame);
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
