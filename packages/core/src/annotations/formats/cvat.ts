import {
  type AnnotatedBox,
  type AnnotationFormat,
  decimals,
  lengthOf,
  runsOf,
  TrackBuilder,
  textOf,
} from "../clip.ts";
import { type CvatShape, parseCvat } from "../cvat-xml.ts";
import { filled } from "../keyframes.ts";

/** CVAT for video 1.1. */
export const cvat: AnnotationFormat = {
  title: "CVAT for video 1.1",
  rules:
    'XML; frames and pixels from 0; absent: outside="1" after a run of frames, or before the first; between keyframes boxes move evenly; every frame is written as a keyframe',
  file: "annotations.xml",
  beside: [],
  keeps: {
    tracks: "many",
    ids: true,
    labels: true,
    occluded: true,
    scores: false,
    frameCount: true,
    size: true,
    fps: false,
  },
  needsSize: false,
  read(files, { firstPixel = 0, firstFrame, ...facts }) {
    const { tracks, pictures, size, frameCount, start, step } = parseCvat(
      textOf(files, "annotations.xml"),
      "the file",
    );
    const first = firstFrame ?? start;
    const builder = new TrackBuilder();
    const placed = (shape: CvatShape) => ({
      frame: (shape.frame - first) / step,
      found: shape.box && foundOf(shape.box, shape.occluded, firstPixel),
    });
    for (const { id, label, shapes } of tracks) {
      builder.name(id, label);
      for (const [frame, found] of filled(shapes.map(placed))) {
        builder.add(id, label, frame, found, `track ${id}`);
      }
    }
    pictures.forEach(({ shapes }, frame) => {
      shapes.forEach(({ label, track, box }, i) => {
        builder.add(
          track ?? `${frame}.${i}`,
          label,
          frame,
          foundOf(box, false, firstPixel)!,
          `picture ${frame}`,
        );
      });
    });
    return {
      ...facts,
      ...((size ?? pictures[0]?.size) && { size: size ?? pictures[0]!.size }),
      ...(Math.max(frameCount, pictures.length) > 0 && { frameCount: Math.max(frameCount, pictures.length) }),
      tracks: builder.tracks(),
    };
  },
  write(clip) {
    const { size, tracks, name = "clip" } = clip;
    const length = lengthOf(clip);
    const labels = [...new Set(tracks.map(({ label }) => label))].sort();
    const lines = [
      '<?xml version="1.0" encoding="utf-8"?>',
      "<annotations>",
      "  <version>1.1</version>",
      "  <meta>",
      "    <task>",
      `      <name>${escaped(name)}</name>`,
      `      <size>${length}</size>`,
      "      <mode>interpolation</mode>",
      "      <start_frame>0</start_frame>",
      `      <stop_frame>${Math.max(0, length - 1)}</stop_frame>`,
      "      <labels>",
      ...labels.map(
        (label) => `        <label><name>${escaped(label)}</name><attributes></attributes></label>`,
      ),
      "      </labels>",
      ...(size
        ? [`      <original_size><width>${size.width}</width><height>${size.height}</height></original_size>`]
        : []),
      "    </task>",
      "  </meta>",
    ];
    for (const { id, label, boxes } of tracks) {
      lines.push(`  <track id="${id}" label="${escaped(label)}" source="manual">`);
      for (const run of runsOf(boxes)) {
        for (const [frame, found] of run) lines.push(boxLine(frame, found, false));
        const [last, found] = run.at(-1)!;
        if (last + 1 < length) lines.push(boxLine(last + 1, found, true));
      }
      lines.push("  </track>");
    }
    lines.push("</annotations>", "");
    return new Map([["annotations.xml", lines.join("\n")]]);
  },
};

function foundOf(
  [x, y, width, height]: NonNullable<CvatShape["box"]>,
  occluded: boolean | undefined,
  shift: number,
): AnnotatedBox {
  return { box: { x: x - shift, y: y - shift, width, height }, ...(occluded && { occluded }) };
}

function boxLine(frame: number, { box, occluded }: AnnotatedBox, outside: boolean): string {
  const { x, y, width, height } = box;
  const [left, top, right, bottom] = [x, y, x + width, y + height].map((value) => decimals(value));
  return `    <box frame="${frame}" outside="${outside ? 1 : 0}" occluded="${occluded ? 1 : 0}" keyframe="1" xtl="${left}" ytl="${top}" xbr="${right}" ybr="${bottom}" z_order="0"></box>`;
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\n": "&#10;",
    "\r": "&#13;",
    "\t": "&#9;",
  };
  return text.replace(/[&<>"\n\r\t]/g, (char) => entities[char]!);
}
