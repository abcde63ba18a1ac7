import { LoratError } from "@lorat/graph";
import { splitLines } from "../box-rows.ts";
import { type AnnotationFormat, decimals, lengthOf, TrackBuilder } from "../clip.ts";
import { objectsOf, parseYolo } from "../yolo-rows.ts";

const NAMES = "data.yaml";
const LABEL_FILE = /(?:^|\/)[^/]*?(\d+)\.txt$/;

/** YOLO with track ids: a folder of label files. */
export const yolo: AnnotationFormat = {
  title: "YOLO with track ids",
  rules:
    "labels/frame_NUMBER.txt, numbers from 0, one row class cx cy width height track a target, shares of the picture, so the size is needed; absent: no row; names of classes in data.yaml",
  file: "labels",
  beside: [NAMES, LABEL_FILE],
  keeps: {
    tracks: "many",
    ids: true,
    labels: true,
    occluded: false,
    scores: false,
    frameCount: true,
    size: false,
    fps: false,
  },
  needsSize: true,
  read(files, { firstPixel: _, firstFrame = 0, ...facts }) {
    const size = facts.size!;
    const names = readNames(files.get(NAMES) ?? "");
    const rows = [];
    let frameCount = 0;
    const frameOf = new Map<string, number>();
    for (const [file, text] of files) {
      const number = LABEL_FILE.exec(file)?.[1];
      if (number === undefined) continue;
      const frame = Number(number) - firstFrame;
      frameOf.set(file, frame);
      frameCount = Math.max(frameCount, frame + 1);
      rows.push(...parseYolo(text, file));
    }
    if (frameOf.size === 0) throw new LoratError("BOXES_FILES", "there is no label file NAME_NUMBER.txt");
    const builder = new TrackBuilder();
    let own = 0;
    for (const { track, kind, box, line, file } of objectsOf(rows)) {
      const [x, y, width, height] = box;
      const pixels = {
        x: x * size.width,
        y: y * size.height,
        width: width * size.width,
        height: height * size.height,
      };
      const id = track ?? `of ${own++}`;
      builder.add(id, names[kind] ?? "", frameOf.get(file)!, { box: pixels }, `${file}, line ${line}`);
    }
    return { ...facts, frameCount, tracks: builder.tracks() };
  },
  write(clip) {
    const { size, tracks } = clip;
    const labels = [...new Set(tracks.map(({ label }) => label))].sort();
    const out = new Map<string, string>();
    for (let frame = 0; frame < lengthOf(clip); frame++) {
      const rows = tracks.flatMap(({ id, label, boxes }) => {
        const box = boxes.get(frame)?.box;
        if (!box) return [];
        const shares = [
          (box.x + box.width / 2) / size!.width,
          (box.y + box.height / 2) / size!.height,
          box.width / size!.width,
          box.height / size!.height,
        ];
        return [`${labels.indexOf(label)} ${shares.map((value) => decimals(value, 9)).join(" ")} ${id}\n`];
      });
      out.set(`labels/frame_${String(frame).padStart(6, "0")}.txt`, rows.join(""));
    }
    const names = labels.map((label, i) => `  ${i}: ${JSON.stringify(label)}\n`).join("");
    return out.set(NAMES, `path: .\ntrain: images\nnames:\n${names}`);
  },
};

/** `names` of a data.yaml, as a list, as numbered lines or in brackets; a full reader of YAML is not needed for that. */
function readNames(text: string): string[] {
  const lines = splitLines(text);
  const start = lines.findIndex((line) => /^names\s*:/.test(line));
  if (start < 0) return [];
  const inline = /^names\s*:\s*\[(.*)\]/.exec(lines[start]!)?.[1];
  if (inline !== undefined) return inline.split(",").map(unquoted);
  const names: string[] = [];
  for (const line of lines.slice(start + 1)) {
    const [, number, value] = /^\s*(?:-|(\d+)\s*:)\s*(.*)$/.exec(line) ?? [];
    if (value === undefined) break;
    names[number === undefined ? names.length : Number(number)] = unquoted(value);
  }
  return names;
}

function unquoted(text: string): string {
  const word = text.trim();
  if (/^".*"$/.test(word)) {
    try {
      return String(JSON.parse(word));
    } catch {}
  }
  return word.replace(/^(['"])(.*)\1$/, "$2");
}
