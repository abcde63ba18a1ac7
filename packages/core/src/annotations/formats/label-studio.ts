import { LoratError } from "@lorat/graph";
import { z } from "zod";
import {
  type AnnotatedBox,
  type AnnotationFormat,
  lengthOf,
  rounded,
  runsOf,
  TrackBuilder,
  textOf,
} from "../clip.ts";
import { parseJson, writeJson } from "../json.ts";
import { filled } from "../keyframes.ts";

const percent = z.number();
const result = z.looseObject({
  type: z.string().optional(),
  id: z.string().optional(),
  original_width: z.number().optional(),
  original_height: z.number().optional(),
  value: z.looseObject({
    framesCount: z.number().optional(),
    duration: z.number().optional(),
    labels: z.array(z.string()).optional(),
    sequence: z
      .array(
        z.looseObject({
          frame: z.int(),
          enabled: z.boolean().default(true),
          x: percent,
          y: percent,
          width: percent,
          height: percent,
        }),
      )
      .optional(),
  }),
});
const task = z.looseObject({
  data: z.record(z.string(), z.unknown()).default({}),
  annotations: z.array(z.looseObject({ result: z.array(result) })).default([]),
});
const schema = z.union([z.array(task), task]);

/** Label Studio's tasks with video rectangles. */
export const labelStudio: AnnotationFormat = {
  title: "Label Studio",
  rules:
    "JSON; frames from 1; shares of the picture in percent, so the size is needed where the file does not say; absent: after an entry with enabled false; between entries boxes move evenly; of several tasks or annotations the first is read",
  file: "tasks.json",
  beside: [],
  keeps: {
    tracks: "many",
    ids: true,
    labels: true,
    occluded: false,
    scores: false,
    frameCount: true,
    size: true,
    fps: true,
  },
  needsSize: true,
  read(files, { firstPixel: _, firstFrame = 1, ...facts }) {
    const parsed = parseJson(textOf(files, "tasks.json"), schema, "a Label Studio export");
    const [first] = Array.isArray(parsed) ? parsed : [parsed];
    const results = first?.annotations[0]?.result.filter(({ value }) => value.sequence) ?? [];
    const sized = results.find(({ original_width, original_height }) => original_width && original_height);
    const size = sized ? { width: sized.original_width!, height: sized.original_height! } : facts.size;
    if (results.length > 0 && !size) throw sizeMissing("read");
    const builder = new TrackBuilder();
    for (const [i, { id, value }] of results.entries()) {
      const key = /^track-(-?\d+)$/.exec(id ?? "")?.[1] ?? id ?? `result ${i}`;
      const label = value.labels?.[0] ?? "";
      builder.name(key, label);
      const keyframes = value.sequence!.map(({ frame, enabled, x, y, width, height }) => ({
        frame: frame - firstFrame,
        found: {
          box: {
            x: (x * size!.width) / 100,
            y: (y * size!.height) / 100,
            width: (width * size!.width) / 100,
            height: (height * size!.height) / 100,
          },
        } satisfies AnnotatedBox,
        holds: enabled ? ("even" as const) : ("none" as const),
      }));
      for (const [frame, found] of filled(keyframes))
        builder.add(key, label, frame, found, `result ${id ?? i}`);
    }
    const counted = results.find(({ value }) => value.framesCount)?.value;
    const fps = counted?.duration ? counted.framesCount! / counted.duration : undefined;
    return {
      ...facts,
      ...(size && { size }),
      ...(counted && { frameCount: counted.framesCount! }),
      ...(fps && { fps: rounded(fps) }),
      tracks: builder.tracks(),
    };
  },
  write(clip) {
    const { size, fps, name = "clip", tracks } = clip;
    if (!size) throw sizeMissing("written");
    const framesCount = lengthOf(clip);
    const results = tracks.map(({ id, label, boxes }) => ({
      id: `track-${id}`,
      type: "videorectangle",
      from_name: "box",
      to_name: "video",
      origin: "manual",
      original_width: size.width,
      original_height: size.height,
      value: {
        framesCount,
        ...(fps && { duration: framesCount / fps }),
        labels: [label],
        sequence: runsOf(boxes).flatMap((run) =>
          run.map(([frame, { box }], i) => ({
            frame: frame + 1,
            enabled: i + 1 < run.length,
            rotation: 0,
            x: rounded((100 * box.x) / size.width, 7),
            y: rounded((100 * box.y) / size.height, 7),
            width: rounded((100 * box.width) / size.width, 7),
            height: rounded((100 * box.height) / size.height, 7),
            ...(fps && { time: rounded(frame / fps, 6) }),
          })),
        ),
      },
    }));
    return new Map([
      [
        "tasks.json",
        writeJson([{ id: 1, data: { video: name }, annotations: [{ id: 1, result: results }] }]),
      ],
    ]);
  },
};

function sizeMissing(what: string): LoratError {
  return new LoratError("BOXES_SIZE", `Label Studio's shares cannot be ${what} without the picture's size`, {
    hint: "Give the size, for example --size 1920x1080.",
  });
}
