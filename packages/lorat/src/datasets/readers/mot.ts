import { LoratError } from "@lorat/graph";
import type { AnnotationSource } from "../annotation-source.ts";
import { splitLines, splitNumbers } from "../boxes/box-rows.ts";
import { below, findFolders, lastPart, parseIni, picturesIn, requireText } from "../files.ts";
import type { RawSequence } from "../raw.ts";
import type { DatasetReader } from "../reader.ts";
import { type Track, trackRows } from "../tracks.ts";

/**
 * MOTChallenge: folders with `gt/gt.txt` (`frame,id,x,y,width,height,use,…`, frames from 1; rows whose seventh number is 0
 * are not to be used), pictures in `img1/`, size and place of the pictures in `seqinfo.ini`.
 */
export const mot: DatasetReader = {
  layout: "NAME/gt/gt.txt with pictures in NAME/img1",
  splits: [],
  async entries(source) {
    const found = await findFolders(source, "", 2, ({ folders }) => folders.includes("gt"));
    return found.map(({ path }) => {
      const name = lastPart(source, path);
      return { name, read: async () => [await readSequence(source, path, name)] };
    });
  },
};

async function readSequence(source: AnnotationSource, path: string, name: string): Promise<RawSequence> {
  const info = parseIni((await source.readText(below(path, "seqinfo.ini"))) ?? "");
  const folder = below(path, info.get("imdir") || "img1");
  const file = below(path, "gt/gt.txt");
  const [text, frames] = await Promise.all([requireText(source, file), picturesIn(source, folder)]);
  const size = { width: Number(info.get("imwidth")), height: Number(info.get("imheight")) };
  const objects = parseMot(text, file).map(trackRows);
  return { name, folder, frames, objects, ...(size.width > 0 && size.height > 0 && { size }) };
}

/** Tracks of a MOT file in the order of their first rows. Throws `BOXES_MALFORMED` with every bad line. */
export function parseMot(text: string, file: string): Track[] {
  const tracks = new Map<number, Track>();
  const issues: string[] = [];
  splitLines(text).forEach((line, i) => {
    const [frame, id, x, y, width, height, use = 1] = splitNumbers(line) ?? [];
    if (height === undefined || !Number.isInteger(frame) || frame! < 1) {
      const found = JSON.stringify(line.slice(0, 60));
      issues.push(`line ${i + 1}: expected frame,id,x,y,width,height, frames from 1; found ${found}`);
      return;
    }
    if (use === 0) return;
    const track = tracks.get(id!) ?? new Map();
    tracks.set(id!, track.set(frame! - 1, [x!, y!, width!, height]));
  });
  if (issues.length > 0) {
    const shown = issues.length > 5 ? [...issues.slice(0, 5), `and ${issues.length - 5} more`] : issues;
    throw new LoratError("BOXES_MALFORMED", `${file} is not a MOT annotation`, { issues: shown });
  }
  return [...tracks.values()];
}
