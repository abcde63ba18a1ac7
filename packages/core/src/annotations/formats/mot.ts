import { LoratError } from "@lorat/graph";
import { describeRow, splitLines, splitNumbers } from "../box-rows.ts";
import { type AnnotationFormat, decimals, lengthOf, TrackBuilder, textOf } from "../clip.ts";

const GROUND_TRUTH = "gt/gt.txt";
const LABELS = "gt/labels.txt";
const INFO = "seqinfo.ini";
/** Written for occluded targets; read as occluded up to it. */
const HALF_VISIBLE = 0.5;

/** MOTChallenge's rows. */
export const mot: AnnotationFormat = {
  title: "MOTChallenge",
  rules:
    "rows frame,id,x,y,width,height,use,class,visibility; frames and pixels from 1; absent: no row; rows to be ignored (use 0) are left out; occluded: visibility 0.5 or less; names of classes in gt/labels.txt, length and size in seqinfo.ini (folders)",
  file: GROUND_TRUTH,
  beside: [LABELS, INFO],
  keeps: {
    tracks: "many",
    ids: true,
    labels: true,
    occluded: true,
    scores: false,
    frameCount: true,
    size: true,
    fps: true,
  },
  needsSize: false,
  read(files, context) {
    const { firstPixel = 1, firstFrame = 1, ...facts } = context;
    const labels = splitLines(files.get(LABELS) ?? "");
    const info = readInfo(files.get(INFO) ?? "");
    const builder = new TrackBuilder();
    const issues: string[] = [];
    splitLines(textOf(files, GROUND_TRUTH)).forEach((line, i) => {
      const [frame, id, x, y, width, height, use = 1, kind = 1, visibility = 1] = splitNumbers(line) ?? [];
      if (height === undefined || !Number.isInteger(frame) || frame! < firstFrame || !Number.isInteger(id)) {
        issues.push(
          `line ${i + 1}: expected frame,id,x,y,width,height, frames from ${firstFrame}; found ${describeRow(line)}`,
        );
        return;
      }
      if (use === 0) return;
      const box = { x: x! - firstPixel, y: y! - firstPixel, width: width!, height };
      const label = labels[kind - 1] ?? "";
      // Trackers write -1 for what they do not know.
      const occluded = visibility >= 0 && visibility <= HALF_VISIBLE;
      builder.add(id!, label, frame! - firstFrame, { box, ...(occluded && { occluded }) }, `line ${i + 1}`);
    });
    if (issues.length > 0) {
      const shown = issues.length > 5 ? [...issues.slice(0, 5), `and ${issues.length - 5} more`] : issues;
      throw new LoratError("BOXES_MALFORMED", "the file is not a MOT annotation", { issues: shown });
    }
    return { ...facts, ...info, tracks: builder.tracks() };
  },
  write(clip) {
    const labels = [...new Set(clip.tracks.map(({ label }) => label))].sort();
    const rows = clip.tracks
      .flatMap(({ id, label, boxes }) =>
        Array.from(boxes, ([frame, { box, occluded }]) => ({
          frame,
          id,
          row: [
            frame + 1,
            id,
            ...[box.x + 1, box.y + 1, box.width, box.height].map((value) => decimals(value)),
            1,
            labels.indexOf(label) + 1,
            occluded ? HALF_VISIBLE : 1,
          ].join(","),
        })),
      )
      .sort((a, b) => a.frame - b.frame || a.id - b.id);
    const { size, fps, name = "clip" } = clip;
    const info = [
      "[Sequence]",
      `name=${name.replace(/[\r\n]+/g, " ")}`,
      "imDir=img1",
      ...(fps === undefined ? [] : [`frameRate=${fps}`]),
      `seqLength=${lengthOf(clip)}`,
      ...(size ? [`imWidth=${size.width}`, `imHeight=${size.height}`] : []),
      "imExt=.jpg",
    ];
    return new Map([
      [GROUND_TRUTH, rows.map(({ row }) => `${row}\n`).join("")],
      [LABELS, labels.map((label) => `${label.replace(/[\r\n]+/g, " ")}\n`).join("")],
      [INFO, `${info.join("\n")}\n`],
    ]);
  },
};

function readInfo(text: string) {
  const values = new Map(
    splitLines(text).map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, Math.max(0, at)).trim().toLowerCase(), line.slice(at + 1).trim()] as const;
    }),
  );
  const number = (key: string) => {
    const value = Number(values.get(key) ?? Number.NaN);
    return Number.isFinite(value) && value > 0 ? value : undefined;
  };
  const [width, height] = [number("imwidth"), number("imheight")];
  const [frameCount, fps, name] = [number("seqlength"), number("framerate"), values.get("name")];
  return {
    ...(name && { name }),
    ...(width && height && { size: { width, height } }),
    ...(fps && { fps }),
    ...(frameCount && { frameCount }),
  };
}
