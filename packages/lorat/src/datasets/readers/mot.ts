import { describeRow, splitLines, splitNumbers } from "@lorat/core/annotations";
import { LoratError } from "@lorat/graph";
import { type AnnotationSource, summarise } from "../annotation-source.ts";
import { below, findFolders, lastPart, parseIni, picturesIn, requireText } from "../files.ts";
import type { FrameNames } from "../frame-names.ts";
import { areConsecutive, framesUnclear, numbersOfPictures, onPictures } from "../match-frames.ts";
import type { DatasetReader, RawSequence } from "../raw.ts";
import { checkTracks, placeBox, type Track, type TrackTwice, trackRows } from "../tracks.ts";

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
  const tracks = parseMot(text, file);
  const positionOf = motFrames(tracks, frames, name);
  const objects = tracks
    .map((track) => onPictures(track, positionOf))
    .filter((track) => track.size > 0)
    .map(trackRows);
  return { name, folder, frames, objects, size: size.width > 0 && size.height > 0 ? size : undefined };
}

/**
 * From frames, counted from 0, to positions of pictures: frame 1 of the file is the picture with number 1, or with number 0
 * where there is one (as CVAT writes them), or the first of pictures that are numbered one by one from anywhere.
 */
function motFrames(
  tracks: readonly Track[],
  frames: FrameNames,
  name: string,
): (frame: number) => number | undefined {
  const numbers = numbersOfPictures(frames);
  // Nothing to put boxes on: such sequences are left out.
  if (frames.count === 0) return () => undefined;
  if (!numbers) {
    const last = Math.max(-1, ...tracks.map((track) => Math.max(...track.keys())));
    if (last < frames.count) return (frame) => frame;
    throw new LoratError(
      "DATASET_LENGTH",
      `${name}: boxes up to frame ${last + 1}, ${frames.count} pictures`,
    );
  }
  const used = [...new Set(tracks.flatMap((track) => [...track.keys()]))];
  const shift = numbers.has(0) ? 0 : 1;
  const missing = used.filter((frame) => !numbers.has(frame + shift));
  const byPlace = areConsecutive(numbers) && used.every((frame) => frame < frames.count);
  const sameEitherWay = numbers.get(shift) === 0;
  if (missing.length > 0 && byPlace) return (frame) => frame;
  if (missing.length > 0) {
    const text = summarise(missing.map((frame) => String(frame + 1)));
    const count = `there ${frames.count === 1 ? "is 1 picture" : `are ${frames.count} pictures`}`;
    throw new LoratError("DATASET_LENGTH", `${name}: boxes in frames without a picture (${text}); ${count}`);
  }
  if (byPlace && !sameEitherWay && used.length > 0) {
    throw framesUnclear(name, "its frames could be the numbers in the pictures' names, or their places");
  }
  return (frame) => numbers.get(frame + shift);
}

/**
 * Tracks of a MOT file in the order of their first rows, frames counted from 0. Throws `BOXES_MALFORMED` with every bad line,
 * `DATASET_TRACK_TWICE`.
 */
export function parseMot(text: string, file: string): Track[] {
  const tracks = new Map<number, Track>();
  const issues: string[] = [];
  const twice: TrackTwice[] = [];
  splitLines(text).forEach((line, i) => {
    const [frame, id, x, y, width, height, use = 1] = splitNumbers(line) ?? [];
    if (height === undefined || !Number.isInteger(frame) || frame! < 1) {
      issues.push(
        `line ${i + 1}: expected frame,id,x,y,width,height, frames from 1; found ${describeRow(line)}`,
      );
      return;
    }
    if (use === 0) return;
    const track = tracks.get(id!) ?? new Map();
    const box = [x!, y!, width!, height] as const;
    tracks.set(id!, placeBox(track, frame! - 1, box, twice, { where: `line ${i + 1}`, track: id! }));
  });
  if (issues.length > 0) {
    const shown = issues.length > 5 ? [...issues.slice(0, 5), `and ${issues.length - 5} more`] : issues;
    throw new LoratError("BOXES_MALFORMED", `${file} is not a MOT annotation`, { issues: shown });
  }
  checkTracks(twice, file, 1);
  return [...tracks.values()];
}
