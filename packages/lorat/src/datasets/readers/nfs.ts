import { splitLines } from "@lorat/core/annotations";
import { LoratError } from "@lorat/graph";
import type { AnnotationSource } from "../annotation-source.ts";
import { below, findFolders, lastPart, picturesIn, requireText } from "../files.ts";
import type { DatasetReader, RawSequence } from "../raw.ts";
import { checkTracks, type TrackTwice } from "../tracks.ts";

const STEP = 8;
/** Three hours at 240 frames a second; the benchmark's longest video has 20,665. */
const MOST_FRAMES = 324_000;

/**
 * Need for Speed at 30 frames a second: `NAME/30/NAME.txt` with pictures in `NAME/30/NAME`. Rows are VATIC's
 * `track x1 y1 x2 y2 frame lost occluded …`; frames count those of the video at 240 a second, of which every eighth is a
 * picture (specification 5.1). Lost and occluded objects are absent.
 */
export const nfs: DatasetReader = {
  layout: "NAME/30/NAME.txt with pictures in NAME/30/NAME",
  splits: [],
  async entries(source) {
    const found = await findFolders(source, "", 1, ({ folders }) => folders.includes("30"));
    return found.map(({ path }) => {
      const name = lastPart(source, path);
      return { name, read: async () => [await readSequence(source, path, name)] };
    });
  },
};

async function readSequence(source: AnnotationSource, path: string, name: string): Promise<RawSequence> {
  const folder = below(path, `30/${name}`);
  const file = below(path, `30/${name}.txt`);
  const [text, frames] = await Promise.all([requireText(source, file), picturesIn(source, folder)]);
  const { boxes, hidden } = parseVatic(text, file);
  // Frames after the last row have no box.
  return { name, folder, frames, objects: [{ first: 0, boxes, hidden }] };
}

/** Rows of every eighth frame from the first on. Throws `BOXES_MALFORMED` with every bad line, `DATASET_TRACK_TWICE`. */
export function parseVatic(text: string, file: string): { boxes: Float64Array; hidden: Uint8Array } {
  const rows: { frame: number; box: number[]; isHidden: boolean }[] = [];
  const issues: string[] = [];
  const twice: TrackTwice[] = [];
  const seen = new Set<number>();
  splitLines(text).forEach((line, i) => {
    const [track, x1, y1, x2, y2, index, lost, occluded] = line.trim().split(/\s+/).map(Number);
    if (occluded === undefined || ![x1, y1, x2, y2, index].every(Number.isFinite)) {
      const found = JSON.stringify(line.slice(0, 60));
      issues.push(`line ${i + 1}: expected track x1 y1 x2 y2 frame lost occluded, found ${found}`);
      return;
    }
    const frame = (index! - 1) / STEP;
    if (!Number.isInteger(frame) || frame < 0) return;
    if (frame > MOST_FRAMES) {
      issues.push(`line ${i + 1}: frame ${index} is beyond any video`);
      return;
    }
    if (seen.has(frame)) twice.push({ where: `line ${i + 1}`, track: track ?? 0, frame });
    seen.add(frame);
    rows.push({ frame, box: [x1!, y1!, x2! - x1!, y2! - y1!], isHidden: lost === 1 || occluded === 1 });
  });
  if (issues.length > 0) {
    throw new LoratError("BOXES_MALFORMED", `${file} is not a VATIC annotation`, {
      issues: issues.slice(0, 5),
    });
  }
  checkTracks(twice, file);
  const length = rows.reduce((most, { frame }) => Math.max(most, frame + 1), 0);
  const boxes = new Float64Array(4 * length).fill(Number.NaN);
  const hidden = new Uint8Array(length);
  for (const { frame, box, isHidden } of rows) {
    boxes.set(box, 4 * frame);
    hidden[frame] = isHidden ? 1 : 0;
  }
  return { boxes, hidden };
}
