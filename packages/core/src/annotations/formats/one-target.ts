import { LoratError } from "@lorat/graph";
import { parseBoxes, splitLines } from "../box-rows.ts";
import {
  type AnnotatedBox,
  type AnnotatedClip,
  type AnnotationFormat,
  decimals,
  lengthOf,
  type ReadContext,
  type TextFiles,
  TrackBuilder,
  textOf,
} from "../clip.ts";

/** A format of one box a line, for one target. */
interface RowsFormat {
  readonly title: string;
  readonly rules: string;
  readonly file: string;
  readonly firstPixel: 0 | 1;
  /** Files with a flag for each frame. */
  readonly flags?: { readonly absent: string; readonly occluded?: string; readonly separator: string };
  /** What a line without a box is. */
  readonly absent: string;
  /** Prepares a file's text for the reader of rows. */
  readonly plain?: (text: string) => string;
}

function rowsFormat(format: RowsFormat): AnnotationFormat {
  const { title, rules, file, flags, firstPixel, absent } = format;
  return {
    title,
    rules,
    file,
    beside: flags ? [flags.absent, ...(flags.occluded ? [flags.occluded] : [])] : [],
    keeps: {
      tracks: "one",
      ids: false,
      labels: false,
      occluded: flags?.occluded !== undefined,
      scores: false,
      frameCount: true,
      size: false,
      fps: false,
    },
    needsSize: false,
    read: (files, context) => readRows(files, format, context),
    write(clip) {
      const [track] = clip.tracks;
      const frames = Array.from({ length: lengthOf(clip) }, (_, frame) => track?.boxes.get(frame));
      const rows = frames.map((found) => (found ? rowOf(found, firstPixel) : absent));
      const out = new Map([[file, lines(rows)]]);
      if (!flags) return out;
      const flagged = (has: (found: AnnotatedBox | undefined) => boolean) => {
        const values = frames.map((found) => (has(found) ? "1" : "0"));
        return values.length > 0 ? `${values.join(flags.separator)}\n` : "";
      };
      out.set(
        flags.absent,
        flagged((found) => !found),
      );
      if (flags.occluded)
        out.set(
          flags.occluded,
          flagged((found) => found?.occluded === true),
        );
      return out;
    },
  };
}

function readRows(
  files: TextFiles,
  { file, flags, firstPixel, plain = (text) => text }: RowsFormat,
  context: ReadContext,
): AnnotatedClip {
  const boxes = parseBoxes(plain(textOf(files, file)), file);
  const shift = context.firstPixel ?? firstPixel;
  const absent = flags && readFlags(files, flags.absent, boxes.length);
  const occluded = flags?.occluded === undefined ? undefined : readFlags(files, flags.occluded, boxes.length);
  const builder = new TrackBuilder();
  builder.name(1, "");
  boxes.forEach(({ x, y, width, height }, frame) => {
    if (absent?.[frame]) return;
    const box = { x: x - shift, y: y - shift, width, height };
    builder.add(1, "", frame, { box, ...(occluded?.[frame] && { occluded: true }) }, file);
  });
  const { firstPixel: _, firstFrame: __, ...facts } = context;
  return { ...facts, frameCount: boxes.length, tracks: builder.tracks() };
}

function readFlags(files: TextFiles, name: string, count: number): boolean[] | undefined {
  const text = files.get(name);
  if (text === undefined) return undefined;
  const flags = splitLines(text).flatMap((line) => line.split(/[,\s]+/).filter(Boolean));
  if (flags.length !== count || flags.some((flag) => flag !== "0" && flag !== "1")) {
    throw new LoratError(
      "BOXES_FILES",
      `${name} should have ${count} flags of 0 or 1, it has ${flags.length} values`,
    );
  }
  return flags.map((flag) => flag === "1");
}

function rowOf({ box: { x, y, width, height } }: AnnotatedBox, shift: number): string {
  return [x + shift, y + shift, width, height].map((value) => decimals(value)).join(",");
}

const lines = (rows: readonly string[]) => rows.map((row) => `${row}\n`).join("");

export const got10k = rowsFormat({
  title: "GOT-10k",
  rules:
    "one line x,y,width,height a frame; pixels from 0; absent: 0,0,0,0, and 1 in absence.label where a folder is read or written",
  file: "groundtruth.txt",
  firstPixel: 0,
  flags: { absent: "absence.label", separator: "\n" },
  absent: "0,0,0,0",
});

export const otb = rowsFormat({
  title: "OTB",
  rules: "one line x,y,width,height a frame; pixels from 1; absent: 0,0,0,0",
  file: "groundtruth_rect.txt",
  firstPixel: 1,
  absent: "0,0,0,0",
});

export const lasot = rowsFormat({
  title: "LaSOT",
  rules:
    "one line x,y,width,height a frame; pixels from 1; absent: 0,0,0,0, and 1 in out_of_view.txt; occluded: 1 in full_occlusion.txt (folders)",
  file: "groundtruth.txt",
  firstPixel: 1,
  flags: { absent: "out_of_view.txt", occluded: "full_occlusion.txt", separator: "," },
  absent: "0,0,0,0",
});

export const vot = rowsFormat({
  title: "VOT",
  rules:
    "one region a frame, boxes or polygons (their tight boxes are taken); pixels from 0; absent or special: one number, 0 where written",
  file: "groundtruth.txt",
  firstPixel: 0,
  absent: "0",
  plain: (text) =>
    splitLines(text)
      .map((line) => (/^\s*(\d+|nan)\s*$/i.test(line) ? "NaN,NaN,NaN,NaN" : line))
      .join("\n"),
});
