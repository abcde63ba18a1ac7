import { LoratError } from "@lorat/graph";
import type {
  AnnotatedClip,
  AnnotatedTrack,
  AnnotationFormat,
  ClipFacts,
  ReadContext,
  TextFiles,
} from "./clip.ts";
import { type AnnotationFormatName, annotationFormats } from "./formats/index.ts";

/**
 * Reads a format's files; what they do not say of the clip is taken from `context`. A format of one file is read whatever its name.
 * Throws `BOXES_MALFORMED`, `BOXES_JSON`, `DATASET_XML`, `BOXES_FILES`, `BOXES_FRAME`, `BOXES_TWICE`, `BOXES_SIZE`.
 */
export function readAnnotations(
  format: AnnotationFormatName,
  files: TextFiles,
  context: ReadContext = {},
): AnnotatedClip {
  const { read, needsSize, keeps, title }: AnnotationFormat = annotationFormats[format];
  if (needsSize && !keeps.size) requireSize(context, `${title} is read`);
  const clip = read(files, context);
  // A clip is at least as long as somebody says.
  const frameCount = Math.max(clip.frameCount ?? 0, context.frameCount ?? 0);
  return frameCount > 0 ? { ...clip, frameCount } : clip;
}

/**
 * Writes a clip as a format's files. Throws `BOXES_SEVERAL` for several targets in a format of one, `BOXES_SIZE` where the format
 * needs the picture's size and the clip has none.
 */
export function writeAnnotations(format: AnnotationFormatName, clip: AnnotatedClip): Map<string, string> {
  const { write, needsSize, keeps, title }: AnnotationFormat = annotationFormats[format];
  if (needsSize) requireSize(clip, `${title} is written`);
  if (keeps.tracks === "one" && clip.tracks.length > 1) {
    const ids = clip.tracks.map(({ id }) => id).slice(0, 10);
    throw new LoratError(
      "BOXES_SEVERAL",
      `${title} has one target, there are ${clip.tracks.length}: ${ids.join(", ")}`,
      {
        hint: "Choose one, for example --track 1, or a format of several.",
      },
    );
  }
  return write(clip);
}

/** What a clip loses in a format, for people; empty where nothing is lost. */
export function lostIn(format: AnnotationFormatName, clip: AnnotatedClip): string[] {
  const { keeps }: AnnotationFormat = annotationFormats[format];
  const some = (has: (track: AnnotatedTrack) => boolean) => clip.tracks.some(has);
  const inBoxes = (has: (found: { occluded?: boolean | undefined; score?: number | undefined }) => unknown) =>
    some(({ boxes }) => [...boxes.values()].some(has));
  const lost: string[] = [];
  if (!keeps.labels && some(({ label }) => label !== "")) lost.push("labels");
  if (!keeps.ids && some(({ id }) => id !== 1)) lost.push("the number of the track");
  if (!keeps.occluded && inBoxes(({ occluded }) => occluded)) lost.push("occlusion");
  if (!keeps.scores && inBoxes(({ score }) => score !== undefined)) lost.push("scores");
  if (!keeps.frameCount && clip.frameCount !== undefined) lost.push("the number of frames");
  return lost;
}

function requireSize({ size }: ClipFacts, when: string): void {
  if (size) return;
  throw new LoratError("BOXES_SIZE", `${when} by the picture's size, which nothing tells`, {
    hint: "Give the size, for example --size 1920x1080.",
  });
}
