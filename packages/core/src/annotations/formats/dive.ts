import { z } from "zod";
import { type AnnotationFormat, rounded, TrackBuilder, textOf } from "../clip.ts";
import { parseJson, writeJson } from "../json.ts";
import { filled } from "../keyframes.ts";

const schema = z.looseObject({
  tracks: z.record(
    z.string(),
    z.looseObject({
      id: z.int().optional(),
      confidencePairs: z.array(z.tuple([z.string(), z.number()])).default([]),
      features: z.array(
        z
          .looseObject({
            frame: z.int(),
            bounds: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
            interpolate: z.boolean().default(false),
            attributes: z.looseObject({ occluded: z.unknown().optional() }).optional(),
          })
          .nullable(),
      ),
    }),
  ),
});

/** Kitware DIVE's annotations. */
export const dive: AnnotationFormat = {
  title: "DIVE",
  rules:
    "JSON; frames and pixels from 0; bounds are two corners; absent: no feature; boxes move evenly after a feature that says interpolate; every frame is written as a keyframe",
  file: "annotations.json",
  beside: [],
  keeps: {
    tracks: "many",
    ids: true,
    labels: true,
    occluded: true,
    scores: false,
    frameCount: false,
    size: false,
    fps: false,
  },
  needsSize: false,
  read(files, { firstPixel = 0, firstFrame = 0, ...facts }) {
    const { tracks } = parseJson(textOf(files, "annotations.json"), schema, "a DIVE annotation");
    const builder = new TrackBuilder();
    for (const [key, { id, confidencePairs, features }] of Object.entries(tracks)) {
      const label = [...confidencePairs].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "";
      builder.name(id ?? key, label);
      const keyframes = features.flatMap((feature) => {
        if (!feature?.bounds) return [];
        const [x1, y1, x2, y2] = feature.bounds;
        const box = { x: x1 - firstPixel, y: y1 - firstPixel, width: x2 - x1, height: y2 - y1 };
        const occluded = feature.attributes?.occluded === true;
        const found = { box, ...(occluded && { occluded }) };
        return [
          { frame: feature.frame - firstFrame, found, holds: feature.interpolate ? "even" : "none" } as const,
        ];
      });
      for (const [frame, found] of filled(keyframes))
        builder.add(id ?? key, label, frame, found, `track ${key}`);
    }
    return { ...facts, tracks: builder.tracks() };
  },
  write({ tracks }) {
    const out = tracks.map(({ id, label, boxes }) => {
      const frames = [...boxes.keys()];
      return [
        String(id),
        {
          id,
          begin: frames[0] ?? 0,
          end: frames.at(-1) ?? 0,
          confidencePairs: [[label, 1]],
          attributes: {},
          meta: {},
          features: Array.from(boxes, ([frame, { box, occluded }]) => ({
            frame,
            bounds: [box.x, box.y, box.x + box.width, box.y + box.height].map((value) => rounded(value)),
            keyframe: true,
            interpolate: false,
            ...(occluded && { attributes: { occluded } }),
          })),
        },
      ];
    });
    return new Map([
      ["annotations.json", writeJson({ tracks: Object.fromEntries(out), groups: {}, version: 2 })],
    ]);
  },
};
