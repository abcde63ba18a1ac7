import { z } from "zod";
import { type AnnotationFormat, lengthOf, rounded, TrackBuilder, textOf } from "../clip.ts";
import { parseJson, writeJson } from "../json.ts";

const id = z.union([z.int(), z.string()]);
const truthy = z.union([z.boolean(), z.number()]).optional();
const schema = z.object({
  videos: z
    .array(
      z.object({
        id,
        name: z.string().optional(),
        width: z.number().optional(),
        height: z.number().optional(),
        length: z.number().optional(),
        fps: z.number().optional(),
      }),
    )
    .default([]),
  images: z
    .array(
      z.object({
        id,
        file_name: z.string().default(""),
        width: z.number().optional(),
        height: z.number().optional(),
        video_id: id.optional(),
        frame_index: z.int().optional(),
        frame_id: z.int().optional(),
      }),
    )
    .default([]),
  categories: z.array(z.object({ id, name: z.string() })).default([]),
  annotations: z.array(
    z.object({
      id: id.optional(),
      image_id: id,
      category_id: id.optional(),
      track_id: id.optional(),
      instance_id: id.optional(),
      bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
      score: z.number().optional(),
      iscrowd: truthy,
      occluded: truthy,
      attributes: z.object({ track_id: id.optional(), occluded: truthy }).optional(),
    }),
  ),
});

/** COCO with videos, as TAO and CocoVID have it: one picture entry a frame, `track_id` in the boxes. */
export const coco: AnnotationFormat = {
  title: "COCO (video)",
  rules:
    "JSON; a frame is a picture of the list with its frame_index, else by its place; pixels from 0; absent: no annotation; crowds are left out; track_id, also as attribute",
  file: "annotations.json",
  beside: [],
  keeps: {
    tracks: "many",
    ids: true,
    labels: true,
    occluded: true,
    scores: true,
    frameCount: true,
    size: true,
    fps: true,
  },
  needsSize: false,
  read(files, { firstPixel = 0, firstFrame = 0, ...facts }) {
    const { videos, images, categories, annotations } = parseJson(
      textOf(files, "annotations.json"),
      schema,
      "COCO",
    );
    const frameOf = new Map(
      images.map((image, i) => [
        image.id,
        (image.frame_index ?? image.frame_id ?? i + firstFrame) - firstFrame,
      ]),
    );
    const labels = new Map(categories.map(({ id: kind, name }) => [kind, name]));
    const builder = new TrackBuilder();
    annotations.forEach((annotation, i) => {
      const { image_id, category_id, bbox, score, attributes } = annotation;
      const frame = frameOf.get(image_id);
      if (frame === undefined || annotation.iscrowd) return;
      const own =
        annotation.track_id ?? annotation.instance_id ?? attributes?.track_id ?? `of ${annotation.id ?? i}`;
      const occluded = Boolean(annotation.occluded ?? attributes?.occluded);
      const [x, y, width, height] = bbox;
      const box = { x: x - firstPixel, y: y - firstPixel, width, height };
      const label = labels.get(category_id ?? "") ?? "";
      const found = { box, ...(occluded && { occluded }), ...(score !== undefined && { score }) };
      builder.add(own, label, frame, found, `annotation ${annotation.id ?? i}`);
    });
    const [video] = videos;
    const sized = video?.width && video.height ? video : images.find(({ width, height }) => width && height);
    const frameCount = Math.max(video?.length ?? 0, ...[...frameOf.values()].map((frame) => frame + 1));
    return {
      ...facts,
      ...(video?.name && { name: video.name }),
      ...(video?.fps && { fps: video.fps }),
      ...(sized && { size: { width: sized.width!, height: sized.height! } }),
      frameCount,
      tracks: builder.tracks(),
    };
  },
  write(clip) {
    const { name = "clip", size, fps, tracks } = clip;
    const labels = [...new Set(tracks.map(({ label }) => label))].sort();
    const length = lengthOf(clip);
    const sized = size && { width: size.width, height: size.height };
    const annotations = tracks.flatMap(({ id: track, label, boxes }) =>
      Array.from(boxes, ([frame, { box, occluded = false, score }]) => {
        const bbox = [box.x, box.y, box.width, box.height].map((value) => rounded(value));
        return {
          image_id: frame + 1,
          video_id: 1,
          category_id: labels.indexOf(label) + 1,
          track_id: track,
          bbox,
          area: rounded(bbox[2]! * bbox[3]!),
          iscrowd: 0,
          attributes: { occluded, track_id: track },
          ...(score !== undefined && { score: rounded(score, 6) }),
        };
      }),
    );
    return new Map([
      [
        "annotations.json",
        writeJson({
          info: { description: "boxes of one video" },
          licenses: [],
          videos: [{ id: 1, name, ...sized, length, ...(fps !== undefined && { fps }) }],
          images: Array.from({ length }, (_, frame) => ({
            id: frame + 1,
            video_id: 1,
            frame_index: frame,
            file_name: `${String(frame).padStart(6, "0")}.jpg`,
            ...sized,
          })),
          categories: labels.map((label, i) => ({ id: i + 1, name: label, supercategory: "" })),
          annotations: annotations.map((annotation, i) => ({ id: i + 1, ...annotation })),
        }),
      ],
    ]);
  },
};
